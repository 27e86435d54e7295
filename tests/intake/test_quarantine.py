"""A refused row can be mended and taken in, keeps its trace, and is never written twice."""

from __future__ import annotations

import csv
import shutil

import fastexcel
import pytest
import xlsxwriter

from closedloop.errors import ClosedloopError
from closedloop.intake import quarantine
from tests.intake.files import incident, write_csv
from tests.intake.test_load import load, query
from tests.raw_events import EVERY_EVENT


@pytest.fixture
def held(warehouse, tmp_path):
    """Three rows in quarantine: a time that is none, a blank id, an unknown department."""
    load(
        write_csv(
            tmp_path / "incidents.csv",
            [incident(1), incident(2, received_at="soon", place="=1+1"), incident(3, incident_id="")],
        )
    )
    diversion = {
        "diversion_id": "D1", "incident_id": "JQ0001", "station_id": "S01", "department_id": "newdept",
        "sent_at": "2025-04-24 10:00:00",
    }  # fmt: skip
    load(write_csv(tmp_path / "diversions.csv", [diversion]), "diversions")
    with warehouse.connect("loader") as connection:
        return quarantine.held_rows(connection)


def test_what_is_wrong_is_told_with_file_and_row(held):
    assert [row.sentence() for row in held] == [
        "incidents.csv row 3: received_at 'soon' is no date with a time of day; write it as 2025-04-25 "
        "08:30:00",
        "incidents.csv row 4: incident_id is blank and required; fill it in",
        "diversions.csv row 2: department_id 'newdept' is not in departments; correct the row, or add it to "
        "seeds/reference/departments.csv",
    ]
    assert (
        held[0].sentence("zh")
        == "incidents.csv 第 3 行：接警时间“soon”不是日期加时刻；请写成 2025-04-25 08:30:00"
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exported_rows_are_mended_replayed_and_traced_to_where_they_came_from(
    warehouse, held, tmp_path, kind
):
    path = tmp_path / f"mend.{kind}"
    quarantine.export_rows([row for row in held if row.table == "incidents"], path)
    rows = _rows(path)
    assert rows[0]["place"].strip() == "=1+1"
    rows[0]["received_at"] = "2025-04-24 08:02:00"
    _write(path, rows)
    (report,) = quarantine.replay(mended=path)
    assert (report.counts.read, report.counts.accepted, report.counts.quarantined) == (2, 1, 1)
    assert query(
        warehouse,
        "select incident_id, place, source_file, source_row from raw.incidents where incident_id = 'JQ0002'",
    ) == [("JQ0002", "=1+1", "incidents.csv", 3)]
    assert query(warehouse, f"select count(*) from {EVERY_EVENT} as event where item_id = 'JQ0002'") == [(2,)]
    assert query(warehouse, "select status from ops.quarantine order by quarantine_id") == [
        ("replayed",), ("open",), ("open",),
    ]  # fmt: skip
    assert query(
        warehouse, "select loaded_by, rows_read from ops.batches order by batch_id desc limit 1"
    ) == [("replay", 2)]


def test_a_row_is_replayed_as_it_is_once_its_reference_is_there(warehouse, held, tmp_path, monkeypatch):
    number = held[2].quarantine_id
    (report,) = quarantine.replay([number])
    assert report.counts.quarantined == 1
    reference = tmp_path / "reference"
    shutil.copytree(warehouse.settings.reference_dir, reference)
    with (reference / "departments.csv").open("a", encoding="utf-8") as file:
        file.write("newdept,新部门,New department,99\n")
    settings = warehouse.settings.model_copy(update={"reference_dir": reference})
    (report,) = quarantine.replay([number], settings=settings)
    assert report.counts.accepted == 1
    assert query(warehouse, "select department_id, source_file, source_row from raw.diversions") == [
        ("newdept", "diversions.csv", 2)
    ]
    with pytest.raises(ClosedloopError, match="dealt with already"):
        quarantine.replay([number])


def test_a_discarded_row_does_not_come_back_with_the_next_extract(warehouse, held, tmp_path):
    assert quarantine.discard([held[0].quarantine_id]) == 1
    load(tmp_path / "incidents.csv")
    load(write_csv(tmp_path / "tomorrow.csv", [incident(9), incident(2, received_at="soon", place="=1+1")]))
    states = query(warehouse, "select status, count(*) from ops.quarantine group by 1 order by 1")
    assert states == [("discarded", 1), ("open", 2)]


def test_a_broken_line_keeps_only_its_position_and_can_be_filled_in(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(1)])
    with path.open("a", encoding="utf-8") as file:
        file.write("JQ0002,S01,王小明报警称,邻居,吵闹,,,,,,\n")
    load(path)
    with warehouse.connect("loader") as connection:
        (row,) = quarantine.held_rows(connection)
    assert row.content is None
    assert row.sentence() == (
        "a.csv row 3: the row has 11 cells and the header 8; put cells that hold the separator or a line "
        "break into quotation marks"
    )
    with pytest.raises(ClosedloopError, match="nothing of it was kept"):
        quarantine.replay([row.quarantine_id])
    mended = tmp_path / "mended.csv"
    quarantine.export_rows([row], mended)
    rows = _rows(mended)
    rows[0] |= {"incident_id": "JQ0002", "received_at": "2025-04-24 08:02:00"}
    _write(mended, rows)
    (report,) = quarantine.replay(mended=mended)
    assert report.counts.accepted == 1
    load(path)
    assert query(warehouse, "select count(*), min(status) from ops.quarantine") == [(1, "replayed")]


def test_a_file_without_the_numbers_of_its_rows_is_not_replayed(held, tmp_path):
    with pytest.raises(ClosedloopError, match="the column quarantine_id is missing"):
        quarantine.replay(mended=tmp_path / "incidents.csv")


def test_rows_of_two_tables_are_exported_apart(held, tmp_path):
    with pytest.raises(ClosedloopError, match="--table diversions"):
        quarantine.export_rows(held, tmp_path / "all.csv")


def _rows(path):
    if path.suffix == ".xlsx":
        return fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars().fill_null("").to_dicts()
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path, rows):
    if path.suffix == ".csv":
        write_csv(path, rows)
        return
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([list(rows[0]), *([*row.values()] for row in rows)]):
            for column, cell in enumerate(line):
                sheet.write_string(number, column, cell)
