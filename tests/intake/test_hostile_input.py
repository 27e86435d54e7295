"""Input that is meant to do harm, or is absurd: it is refused in one sentence, or a row is set aside."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import struct
import zipfile

import polars as pl
import pytest

from closedloop.errors import ClosedloopError
from closedloop.intake import Covers
from closedloop.intake.manifest import plan
from closedloop.intake.mapping import MappingError, read_mapping
from closedloop.intake.reading import read_bytes
from closedloop.intake.reading.extent import refuse_far_cells
from closedloop.intake.refused import RefusedFile
from closedloop.intake.validation.times import parse_times
from closedloop.settings import load_settings
from tests.intake.files import incident, stations, write_csv
from tests.intake.test_load import load, query

MAPPING = """
outputs:
  - table: incidents
    fields:
      incident_id: {derive: [at], prefix: %s}
      received_at: at
      source: {constant: %s}
"""


def test_no_extract_is_complete_in_the_future():
    now = dt.datetime.now(dt.UTC)
    assert Covers(until=now + dt.timedelta(hours=20)).said
    for until in (now + dt.timedelta(hours=25), dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC)):
        with pytest.raises(ClosedloopError, match="which is yet to come"):
            Covers(until=until)
    with pytest.raises(ClosedloopError, match="which is earlier"):
        Covers(since=now, until=now - dt.timedelta(hours=1))


def manifest(folder, **words):
    (folder / "a.csv").write_text("incident_id,received_at\n")
    extra = "".join(f"{key}: {value}\n" for key, value in words.items() if key == "time_zone")
    until = words.get("covers_until", "2025-04-25 08:00")
    (folder / "manifest.yml").write_text(
        f"{extra}files:\n  - {{file: a.csv, table: incidents, covers_until: '{until}'}}\n"
    )
    return plan(folder, load_settings())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"covers_until": "9999-12-31 23:59"}, "yet to come"),
        ({"time_zone": "../../etc/passwd"}, "is no time zone of the IANA database"),
        ({"time_zone": "Atlantis/Centre"}, "is no time zone of the IANA database"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_one_sentence(tmp_path, words, sentence):
    with pytest.raises(ClosedloopError, match=sentence):
        manifest(tmp_path, **words)


def test_a_manifest_that_is_not_utf_8_is_one_sentence(tmp_path):
    (tmp_path / "manifest.yml").write_bytes("files: 警情".encode("gb18030"))
    with pytest.raises(ClosedloopError, match="not UTF-8 text; save it as UTF-8"):
        plan(tmp_path, load_settings())


@pytest.mark.parametrize(
    ("prefix", "constant", "sentence"),
    [
        ('"13912345678-"', "x", "prefix: '.电话.-' holds a telephone or identity number"),
        ("X-", '"110105199003071233"', "constant: '.证件号.' holds a telephone or identity number"),
        ("X-", '"a\\0b"', "constant: holds a character that is none"),
    ],
)
def test_a_mapping_may_hold_no_person_and_no_character_that_is_none(tmp_path, prefix, constant, sentence):
    path = tmp_path / "m.yml"
    path.write_text(MAPPING % (prefix, constant), "utf-8")
    with pytest.raises(MappingError, match=sentence) as error:
        read_mapping(path)
    assert "13912345678" not in str(error.value)


def test_the_first_hours_of_the_calendar_are_no_time_and_no_crash():
    texts = pl.Series(["0001-01-01 00:00:00", "2025-04-25 08:30:00", "9999-12-31 23:59:59"])
    moments, wrong, _ = parse_times(texts, "Asia/Shanghai")
    assert wrong.to_list() == [True, False, True]
    assert moments[1] == dt.datetime(2025, 4, 25, 0, 30, tzinfo=dt.UTC)


def test_a_table_may_be_wrapped_twice_and_no_deeper():
    data = gzip.compress(gzip.compress(b"a,b\n1,2\n"))
    assert read_bytes(data, "a.gz").rows == 1
    for _ in range(200):
        data = gzip.compress(data)
    with pytest.raises(RefusedFile, match="compressed more than 2 times over"):
        read_bytes(data, "a.gz")


def test_a_table_of_thousands_of_columns_is_refused():
    data = (",".join(f"c{n}" for n in range(2001)) + "\n" + "," * 2000 + "\n").encode()
    with pytest.raises(RefusedFile, match="has 2,001 columns, more than 2,000"):
        read_bytes(data, "wide.csv")


def test_a_station_that_could_never_be_granted_is_set_aside(warehouse, tmp_path):
    ids = ["S01", "城东 1-2", "UNASSIGNED", "*", "A,B", 'A"B', "A\nB", "<b>", "x" * 65, "T\u202e01"]
    report = load(stations(tmp_path / "s.csv", *ids), "stations")
    assert query(warehouse, "select station_id from raw.stations order by 1") == [
        ("S01",),
        ("T01",),
        ("城东 1-2",),
    ]
    bad = report.batches[0].bad
    assert [row.reasons[0].code for row in bad] == ["bad_station_id"] * 7
    assert bad[0].reasons[0].message_en.startswith("station_id 'UNASSIGNED' cannot be the id of a station")
    assert bad[0].reasons[0].message_en.endswith("give the station another id")


def test_an_amount_that_is_a_person_is_set_aside_and_masked(warehouse, tmp_path):
    amounts = ["12500.50", "139123456.78", "13912345678", "-13912345678.00", "013912345678",
               "110105199003071233", "110105900307123", "8613912345678", "1234567890123"]  # fmt: skip
    rows = [
        {"task_id": f"R{n}", "loop": "hazard", "opened_at": "2025-04-24 08:00:00", "amount": amount}
        for n, amount in enumerate(amounts)
    ]
    report = load(write_csv(tmp_path / "a.csv", rows), "tasks")
    bad = report.batches[0].bad
    assert [row.reasons[0].code for row in bad] == ["person_number"] * 6 + ["huge_number"]
    assert "13912345678" not in repr(bad)
    assert "110105" not in repr(bad)


def test_a_cell_that_went_wrong_is_set_aside(warehouse, tmp_path):
    rows = [
        incident(1, place="长" * 10_000),
        incident(2, place="长" * 10_001 + "13912345678"),
        incident(3, incident_id="J" * 201),
        incident(4, received_at="1 " * 50_000),
        incident(5, received_at="0001-01-01 00:00:00"),
    ]
    report = load(write_csv(tmp_path / "a.csv", rows))
    bad = report.batches[0].bad
    assert [row.reasons[0].code for row in bad] == ["too_long", "too_long", "bad_time", "bad_time"]
    assert bad[0].reasons[0].message_en.startswith("place is longer than 10,000 characters")
    assert bad[1].reasons[0].message_en.startswith("incident_id is longer than 200 characters")
    assert all(len(value) <= 10_001 for row in bad for value in row.content.values())


def _record(kind: int, content: bytes) -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(content)]) + content


@pytest.mark.parametrize(("row", "column", "refused"), [(1_048_575, 16_383, True), (9, 4, False)])
def test_a_binary_workbook_is_measured_by_its_cells_where_its_used_range_is_too_large(row, column, refused):
    parts = [
        _record(148, struct.pack("<4I", 0, 1_048_575, 0, 16_383)),
        _record(0, struct.pack("<I", row)),
        # A coloured cell without content lies further out.
        _record(1, struct.pack("<2I", 16_383, 0)),
        _record(6, struct.pack("<3I", column, 0, 0)),
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", b"".join(parts))
    with zipfile.ZipFile(content) as archive:
        if refused:
            with pytest.raises(RefusedFile, match="reaches to cell XFD1048576"):
                refuse_far_cells(archive, "a.xlsb")
        else:
            refuse_far_cells(archive, "a.xlsb")
