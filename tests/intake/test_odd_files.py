"""Files as they are in a police station: each gets exactly what is promised here.

The files stand in ``tests/intake/files`` and are written by ``make.py`` and
``make_more.py`` there. Every one goes through the
code of ``closedloop load``: what it prints, with what it exits, and what is then in the warehouse.
"""

from __future__ import annotations

import pytest
import typer
import yaml

from closedloop.cli.load import load
from tests.intake.files.make import FOLDER, MAKERS

PROMISED: dict[str, dict] = yaml.safe_load((FOLDER / "promised.yml").read_text("utf-8"))

ROWS = """
select
    incident_id,
    to_char(received_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
    station_id,
    replace(place, e'\\n', '⏎'),
    source_row
from raw.incidents
order by source_row
"""


#: Said of every file: what is being done, and that nobody said what it covers.
OF_ALL = ("reading ", "loading ", "taken to be complete", "are not in stations", "now run:")


@pytest.fixture(scope="module")
def empty(make_warehouse):
    """One warehouse for all files: each is taken out again before the next."""
    made = make_warehouse()
    with made.in_environment():
        yield made


def said_of(name: str, empty, capsys) -> dict:
    """What the command line says of a file, and what is loaded then."""
    with empty.connect("owner", autocommit=True) as connection:
        connection.execute(
            "truncate raw.incidents, raw.loop_events, ops.batches, ops.quarantine, ops.coverage "
            "restart identity cascade"
        )
    code = 0
    try:
        load("incidents", [FOLDER / name])
    except typer.Exit as leaving:
        code = leaving.exit_code
    out, err = capsys.readouterr()
    with empty.connect("owner") as connection:
        rows = connection.execute(ROWS).fetchall()
    lines = [line.strip() for line in (*out.splitlines()[:-1], *err.splitlines())]
    lines = [
        line.replace(f"{name} → incidents: ", "") for line in lines if not any(w in line for w in OF_ALL)
    ]
    said = {"exit": code, "says": lines}
    if rows:
        said["rows"] = [" | ".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return said


def test_every_file_is_written_by_the_script_and_promised_something():
    there = {path.name for path in FOLDER.iterdir() if path.suffix not in (".py", ".yml", "")}
    assert there == set(MAKERS) == set(PROMISED)
    assert [name for name, make in MAKERS.items() if (FOLDER / name).read_bytes() != make()] == []


@pytest.mark.parametrize("name", PROMISED)
def test_a_file_gets_what_is_promised(name, empty, capsys):
    assert said_of(name, empty, capsys) == PROMISED[name]
