"""A column that the file does not have says nothing: what is known stays. A blank cell says blank."""

from __future__ import annotations

import pytest

from closedloop import intake
from closedloop.hints import in_chinese
from closedloop.intake import keeping, parse_mapping, prepare_file, quarantine
from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.store.unsaid import unsaid
from tests.intake.files import incident, write_csv
from tests.intake.test_command_line import closedloop
from tests.intake.test_load import EVENTS, counts, load, query
from tests.raw_events import EVERY_EVENT

MAPPING = """
name: bureau
outputs:
  - table: incidents
    fields:
      incident_id: incident_id
      received_at: received_at
      station_id: station_id
      closed_at: 结案时间
      outcome: 结果
"""
NOW = "select closed_at is not null, outcome, station_id, version from raw.incidents where is_current"


def exported(path, *numbers, closed="2025-04-24 10:00:00"):
    """An export whose times of closing stand under the bureau's own header."""
    return write_csv(
        path,
        [
            {k: incident(n)[k] for k in ("incident_id", "received_at", "station_id")}
            | {"结案时间": closed, "结果": "调解"}
            for n in numbers
        ],
    )


@pytest.fixture
def closed(warehouse, tmp_path):
    """One incident closed by a mapping that knows the bureau's headers."""
    path = exported(tmp_path / "a.csv", 1)
    load(path, mapping=parse_mapping(MAPPING.encode(), "bureau.yml"))
    assert query(warehouse, NOW) == [(True, "调解", "S01", 1)]
    return path


@pytest.mark.parametrize("extract", ["delta", "full"])
def test_a_file_loaded_again_without_its_mapping_opens_no_closed_case(warehouse, closed, extract):
    before = query(warehouse, EVENTS, "JQ0001")
    report = load(closed, extract=extract)
    assert counts(report) == (1, 0, 1, 0, 0, 0)
    assert query(warehouse, NOW) == [(True, "调解", "S01", 1)]
    assert query(warehouse, EVENTS, "JQ0001") == before
    (said,) = [w for w in report.warnings if w.code == "kept_unsaid"]
    assert said == (
        "incidents: 2 column(s) are not in the file: 1 known row(s) keep what they had "
        "(closed_at (闭环时间), outcome (处理结果))"
    )
    assert in_chinese(said) == said.zh
    assert "1 条已有记录保留原值（closed_at (闭环时间), outcome (处理结果)）" in said.zh
    assert [str(said)] == [
        text for (texts,) in query(warehouse, "select warnings from ops.batches where batch_id > 1")
        for text in texts if "keep what they had" in text
    ]  # fmt: skip


def test_what_the_file_does_say_is_new_beside_what_is_kept(warehouse, closed, tmp_path):
    changed = {"incident_id": "JQ0001", "received_at": "2025-04-24 08:09:00"}
    new = {"incident_id": "JQ0002", "received_at": "2025-04-24 08:10:00"}
    report = load(write_csv(tmp_path / "b.csv", [changed, new]))
    # The kept time of closing is no new event; the corrected time of receiving is one.
    assert counts(report) == (2, 2, 0, 0, 0, 2)
    assert query(warehouse, NOW + " order by incident_id") == [
        (True, "调解", "S01", 2),
        (False, None, None, 1),
    ]
    closing = f"select version, retracted from {EVERY_EVENT} as event where stage = 'close'"
    assert query(warehouse, closing) == [(1, False)]
    # The known row keeps its station; only the new one belongs to none.
    (blank,) = [w for w in report.warnings if w.code == "blank_stations"]
    assert blank.parameters["rows"] == 1


def test_a_blank_cell_or_a_constant_is_said(warehouse, closed, tmp_path):
    row = {k: incident(1)[k] for k in ("incident_id", "received_at", "station_id", "closed_at")}
    report = load(write_csv(tmp_path / "b.csv", [row]))
    assert query(warehouse, NOW) == [(False, "调解", "S01", 2)]
    assert [w.parameters["fields"] for w in report.warnings if w.code == "kept_unsaid"] == [
        "outcome (处理结果)"
    ]
    fixed = MAPPING.replace("closed_at: 结案时间\n      outcome: 结果", "outcome: {constant: 移交}")
    load(closed, mapping=parse_mapping(fixed.encode(), "fixed.yml"))
    assert query(warehouse, NOW) == [(False, "移交", "S01", 3)]


def test_a_row_that_was_withdrawn_has_nothing_to_keep(warehouse, closed, tmp_path):
    load(exported(tmp_path / "b.csv", 2), extract="full")
    row = {k: incident(1)[k] for k in ("incident_id", "received_at", "station_id")}
    report = load(write_csv(tmp_path / "c.csv", [row]))
    assert [w.code for w in report.warnings if w.code == "kept_unsaid"] == []
    assert (False, None, "S01", 3) in query(warehouse, NOW)


def test_a_bad_row_that_is_replayed_says_what_was_kept_of_it_and_no_more(warehouse, closed, tmp_path):
    row = {"incident_id": "JQ0001", "received_at": "soon", "station_id": "S01"}
    load(write_csv(tmp_path / "b.csv", [row]))
    with warehouse.connect("loader") as connection:
        held = quarantine.held_rows(connection)
    mended = tmp_path / "mended.csv"
    quarantine.export_rows(held, mended)
    mended.write_text(mended.read_text("utf-8-sig").replace(",soon,", ",2025-04-24 08:07:00,"), "utf-8")
    (report,) = quarantine.replay(mended=mended)
    assert (report.counts.accepted, report.still_bad) == (1, ())
    assert query(warehouse, NOW) == [(True, "调解", "S01", 2)]


def test_an_event_says_both_of_stage_and_move():
    events = TABLES["loop_events"]
    said = {"event_id", "loop", "item_id", "occurred_at"}
    assert unsaid(events, {*said, "move"}) == [
        c.name for c in business_columns(events) if c.name not in {*said, "stage", "move"}
    ]


def test_the_preview_says_what_the_load_will_keep(warehouse, closed):
    code, _, err = closedloop(warehouse, "load", "incidents", closed, "--dry-run")
    assert code == 0, err
    assert "1 known row(s) keep what they had (closed_at (闭环时间)" in err
    assert query(warehouse, "select count(*) from ops.batches") == [(1,)], "a preview wrote"
    foreseen = keeping(prepare_file("incidents", closed))
    said = [w for w in intake.load_file("incidents", closed).warnings if w.code == "kept_unsaid"]
    assert list(map(str, foreseen)) == list(map(str, said)) != []
    nothing_new = exported(closed.with_name("new.csv"), 7)
    assert keeping(prepare_file("incidents", nothing_new)) == ()


def test_the_command_says_that_known_rows_keep_what_they_had(warehouse, closed):
    code, out, err = closedloop(warehouse, "load", "incidents", closed)
    assert code == 0, err
    assert "1 read, 0 accepted, 1 unchanged" in out
    assert "2 column(s) are not in the file: 1 known row(s) keep what they had" in err
    assert query(warehouse, NOW) == [(True, "调解", "S01", 1)]
