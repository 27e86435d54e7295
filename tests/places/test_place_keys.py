"""The rules for place keys, by the examples that docs/semantics.md gives people to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.servers import Warehouse

SEMANTICS = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
_ROW = re.compile(r"^\| `(?P<written>.+)` \| `(?P<key>.+)` \|$", re.MULTILINE)


def _examples() -> list[tuple[str, str]]:
    places = SEMANTICS.read_text("utf-8").split("\n## Places\n")[1].split("\n### ")[0]
    return [
        (row["written"].replace("\\|", "|"), row["key"].replace("\\|", "|")) for row in _ROW.finditer(places)
    ]


def _keys(city: Warehouse, written: list[str]) -> list[str | None]:
    with city.connect("owner") as connection:
        rows = connection.execute(
            "select marts.place_key(w) from unnest(%s::text[]) with ordinality as t (w, n) order by n",
            [written],
        ).fetchall()
    return [key for (key,) in rows]


def test_every_documented_example_holds(city: Warehouse) -> None:
    examples = _examples()
    assert len(examples) > 15
    assert list(zip([w for w, _ in examples], _keys(city, [w for w, _ in examples]), strict=True)) == examples


def test_a_key_is_its_own_key(city: Warehouse) -> None:
    keys = _keys(city, [written for written, _ in _examples()])
    assert _keys(city, [key or "" for key in keys]) == keys


@pytest.mark.parametrize("nothing", ["", "  ", "　", "&", " & ", "，。", "|"])
def test_what_names_no_place_is_none_or_stays_harmless(city: Warehouse, nothing: str) -> None:
    (key,) = _keys(city, [nothing])
    assert key in (None, "|")


def test_equal_keys_of_two_stations_are_two_places(city: Warehouse) -> None:
    with city.connect("owner") as connection:
        (shared, places, stations) = connection.execute(
            "select count(*), count(distinct place_id), count(distinct station_id) from marts.dim_places"
        ).fetchone()
    assert shared == places > stations > 1
