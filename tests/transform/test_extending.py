"""What a bureau adds by itself, as the documentation tells it to.

A loop with rows only (``docs/new-loop.md``), and a metric with one file and one row (``docs/new-metric.md``).
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from closedloop.queries import findings, item, loops, standing
from closedloop.queries.findings import FindingFilter
from closedloop.queries.reading import rows
from closedloop.queries.standing import OpenFilter
from closedloop.settings import PROJECT_ROOT
from closedloop.warehouse.scope import Scope
from tests.cities import rebuilt
from tests.oracle.stories import local
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy
from tests.ui.conftest import serving
from tests.ui.streaming import sent, sign_in

LOOP, METRIC = (PROJECT_ROOT / "docs" / f"{name}.md" for name in ("new-loop", "new-metric"))
CITY = Scope.city()
AS_OF = local("2025-04-25 08:00:00")

#: A number of the document's loop in a table that is not the loop's own.
DOUBLE = """\
incident_id,loop,station_id,source,source_no,received_at
XK2504150001,permit,S01,110,1,2025-04-15 09:00
"""


@dataclass(frozen=True)
class Document:
    """The files and commands a page of the documentation shows: blocks that name a file, and ``sh``."""

    files: dict[str, str]
    commands: list[list[str]]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Every block of the page."""
        blocks = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)
        files = {name: text for _, name, text in blocks if name}
        shell = [line for kind, _, text in blocks if kind == "sh" for line in text.splitlines()]
        return cls(files, [shlex.split(line) for line in shell])


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text, encoding="utf-8")


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    program, *arguments = command
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(PROJECT_ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def extended(city: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The city and a copy of the project, extended by everything these tests look for, built once."""
    folder = tmp_path_factory.mktemp("extended")
    project = ProjectCopy.in_folder(folder)
    document, metric = Document.read(LOOP), Document.read(METRIC)
    for name, text in [*document.files.items(), *metric.files.items()]:
        if name.startswith("seeds/"):
            _append(folder / name, text)
        else:
            (folder / name).write_text(text, encoding="utf-8")
    (folder / "double.csv").write_text(DOUBLE, encoding="utf-8")
    *loads, build = document.commands
    assert [build] == metric.commands and build[-1] == "build"
    with rebuilt(city) as made:
        environment = {**made.environment, **project.environment()}
        for command in [*loads, ["python", "-m", "closedloop", "load", "incidents", "double.csv"], build]:
            _run(command, folder, environment)
        yield made


def test_the_permits_are_in_the_open_list_with_their_working_days(extended: Warehouse) -> None:
    listed = rows(standing.open_items(CITY, AS_OF, OpenFilter(loops=("permit",))))
    seen = {
        row["item_no"]: (row["stage"], row["holder_kind"], row["target"], row["judgement"], row["due_at"])
        for row in listed
    }
    assert seen == {
        "XK2504150001": ("accept", "department", "decide", "running", local("2025-05-16 17:00:00")),
        "XK2504170001": ("apply", "station", "accept", "overdue", local("2025-04-24 17:00:00")),
        "XK2504240001": ("apply", "station", "accept", "running", local("2025-04-30 17:00:00")),
    }


def test_the_loop_is_on_the_page_of_loops(extended: Warehouse) -> None:
    stock = loops.stage_stock(CITY, AS_OF)
    ours = stock[(stock["loop"] == "permit") & stock["stage"].notna() & stock["holder_kind"].isna()]
    assert dict(zip(ours["stage"], ours["items"], strict=True)) == {"apply": 2, "accept": 1}
    period = (local("2025-03-01 00:00:00"), local("2025-04-01 00:00:00"))
    (closed,) = [row for row in rows(loops.closed_in_period(CITY, AS_OF, *period)) if row["loop"] == "permit"]
    assert (closed["closed"], closed["complete"]) == (1, 1)


def test_a_permit_has_its_own_page_in_its_scope_and_no_person_on_it(extended: Warehouse) -> None:
    permit = "permit:XK2504170001"
    (found,) = rows(item.work_item(Scope.of_stations(["S03"]), AS_OF, permit))
    assert (found["title"], found["stage"], found["station_id"]) == ("公章刻制备案", "apply", "S03")
    assert item.work_item(Scope.of_stations(["S01"]), AS_OF, permit).empty
    (target,) = rows(item.item_targets(CITY, AS_OF, permit))
    assert target["due_at"] == local("2025-04-24 17:00:00")
    closed = [row["state"] for row in rows(item.item_targets(CITY, AS_OF, "permit:XK2503030001"))]
    assert closed == ["met"] * 3
    with extended.connect() as connection:
        (leaked,) = connection.execute(
            "select count(*) from raw.tasks as t where t::text ~ '申请人[甲乙丙丁]'"
        ).fetchone()
    assert leaked == 0


def test_a_number_that_two_tables_give_is_kept_once_and_found(extended: Warehouse) -> None:
    moment: datetime = AS_OF
    wanted = FindingFilter(new_since=moment, since=moment, until=moment, rules=("duplicate_item",))
    (found,) = rows(findings.finding_list(CITY, AS_OF, wanted))
    assert found["work_item_id"] == "permit:XK2504150001"
    assert found["detail"]["kept"].startswith("tasks: permits.csv")
    assert found["detail"]["left_out"].startswith("incidents: double.csv")
    with extended.connect() as connection:
        kept = connection.execute(
            "select source_table from marts.fct_work_items where item_id = 'XK2504150001'"
        ).fetchall()
    assert kept == [("tasks",)]


def test_the_metric_is_on_today_trends_station_and_in_the_catalogue(
    extended: Warehouse, tmp_path: Path
) -> None:
    with extended.connect() as connection:
        night = connection.execute(
            "select to_char(received_at at time zone 'Asia/Shanghai', 'YYYY-MM'), count(*)::text "
            "from marts.fct_incidents where stands_at_end_of_first_day "
            "and extract(hour from received_at at time zone 'Asia/Shanghai') not between 6 and 21 "
            "and received_at between '2024-12-31 16:00Z' and '2025-03-31 16:00Z' group by 1"
        ).fetchall()
    with serving(extended, tmp_path) as site:
        cookie = sign_in(site.url, "leadership")
        for page, query in (("", ""), ("trends", ""), ("station", "station=S03"), ("catalogue", "")):
            assert b"Calls at night" in sent(site.url, page, f"lang=en&{query}", cookie), page
        trend = urllib.request.Request(
            site.at("download/trends.csv?lang=en&metric=calls_at_night&grain=month"),
            headers={"Cookie": cookie},
        )
        with urllib.request.urlopen(trend, timeout=60) as answer:
            lines = answer.read().decode("utf-8-sig").splitlines()
    found = {
        line.split(",")[2][:7]: line.split(",")[4] for line in lines if line.startswith("All stations,,")
    }
    assert {month: f"{int(n)}.00" for month, n in night} == {month: found[month] for month, _ in night}
    assert len(night) == 3
