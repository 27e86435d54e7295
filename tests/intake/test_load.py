"""What a load promises: nothing lost, nothing doubled, every change a version, every absence dated."""

from __future__ import annotations

import datetime as dt

import pytest

from closedloop import intake
from closedloop.intake import Covers, RefusedFile, prepare_file, withdrawals
from closedloop.warehouse import WarehouseUnavailable
from tests.intake.files import incident, stations, write_csv
from tests.raw_events import EVERY_EVENT


def load(path, table="incidents", **options):
    return intake.load_file(table, path, **options)


def counts(report):
    (batch,) = report.batches
    c = batch.counts
    assert c.read == c.accepted + c.unchanged + c.quarantined
    return c.read, c.accepted, c.unchanged, c.quarantined, c.retracted, c.derived_events


def query(warehouse, statement, *values):
    with warehouse.connect("owner") as connection:
        return connection.execute(statement, values).fetchall()


def snapshot(warehouse):
    """Everything in raw and the rows of quarantine and coverage."""
    tables = query(
        warehouse, "select table_schema, table_name from information_schema.tables where table_schema = 'raw'"
    )
    names = [f"{schema}.{name}" for schema, name in sorted(tables)] + ["ops.quarantine"]
    return {name: query(warehouse, f"select t::text from {name} as t order by 1") for name in names}


EVENTS = f"""
select stage, occurred_at at time zone 'Asia/Shanghai', version, is_current, retracted
from {EVERY_EVENT} as event where item_id = %s order by stage, version
"""


def test_times_that_are_columns_become_events_of_their_stages(warehouse, tmp_path):
    report = load(write_csv(tmp_path / "a.csv", [incident(1), incident(2)]))
    assert counts(report) == (2, 2, 0, 0, 0, 4)
    assert query(warehouse, EVENTS, "JQ0001") == [
        ("dispatch", dt.datetime(2025, 4, 24, 9, 1), 1, True, False),
        ("receive", dt.datetime(2025, 4, 24, 8, 1), 1, True, False),
    ]
    ids = query(
        warehouse,
        f"select count(*) from {EVERY_EVENT} as event "
        "where event_id = md5('incidents|' || item_id || '|' || stage)",
    )
    assert ids == [(4,)]


def test_the_same_file_twice_changes_nothing(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(1), incident(2), incident(3, received_at="yesterday")])
    assert counts(load(path)) == (3, 2, 0, 1, 0, 4)
    before = snapshot(warehouse)
    assert counts(load(path)) == (3, 0, 2, 1, 0, 0)
    assert snapshot(warehouse) == before


def test_a_corrected_time_is_a_new_version_and_an_erased_one_a_retraction(warehouse, tmp_path):
    load(write_csv(tmp_path / "a.csv", [incident(1), incident(2)]))
    changed = incident(1, dispatched_at="2025-04-24 09:05:00", arrived_at="2025-04-24 09:30:00")
    assert counts(load(write_csv(tmp_path / "b.csv", [changed, incident(2)]))) == (2, 1, 1, 0, 0, 2)
    erased = incident(1, dispatched_at="", arrived_at="2025-04-24 09:30:00")
    assert counts(load(write_csv(tmp_path / "c.csv", [erased]))) == (1, 1, 0, 0, 0, 1)
    assert query(warehouse, EVENTS, "JQ0001") == [
        ("arrive", dt.datetime(2025, 4, 24, 9, 30), 1, True, False),
        ("dispatch", dt.datetime(2025, 4, 24, 9, 1), 1, False, False),
        ("dispatch", dt.datetime(2025, 4, 24, 9, 5), 2, False, False),
        ("dispatch", dt.datetime(2025, 4, 24, 9, 5), 3, True, True),
        ("receive", dt.datetime(2025, 4, 24, 8, 1), 1, True, False),
    ]
    assert query(
        warehouse,
        "select version, is_current, source_file, source_row from raw.incidents where incident_id = 'JQ0001' "
        "order by 1",
    ) == [(1, False, "a.csv", 2), (2, False, "b.csv", 2), (3, True, "c.csv", 2)]
    assert counts(load(write_csv(tmp_path / "d.csv", [incident(1)]))) == (1, 1, 0, 0, 0, 2)


def test_a_task_that_changes_its_loop_opens_at_the_first_stage_of_the_new_one(warehouse, tmp_path):
    row = {"task_id": "T1", "loop": "hazard", "opened_at": "2025-04-24 08:00:00"}
    load(write_csv(tmp_path / "a.csv", [row]), "tasks")
    load(write_csv(tmp_path / "b.csv", [row | {"loop": "traffic_fine"}]), "tasks")
    events = query(
        warehouse,
        f"select loop, stage, retracted from {EVERY_EVENT} as event where is_current order by retracted",
    )
    assert events == [("traffic_fine", "create", False), ("hazard", "report", True)]


def test_rows_equal_in_one_file_are_one_and_contradicting_ones_are_set_aside(warehouse, tmp_path):
    rows = [incident(1), incident(2), incident(1), incident(2, place="新街2号"), incident(3)]
    report = load(write_csv(tmp_path / "a.csv", rows))
    assert counts(report) == (5, 2, 1, 2, 0, 4)
    reasons = query(
        warehouse, "select source_row, reasons -> 0 ->> 'message_en' from ops.quarantine order by 1"
    )
    assert reasons == [
        (3, "incident_id stands in rows 3, 5; keep the row that is right"),
        (5, "incident_id stands in rows 3, 5; keep the row that is right"),
    ]


def test_every_reason_of_a_bad_row_is_kept_and_the_good_rows_are_loaded(warehouse, tmp_path):
    bad = incident(2, received_at="soon", station_id="S77", dispatched_at="2025-04-24") | {
        "response_zone": "4"
    }
    report = load(write_csv(tmp_path / "a.csv", [incident(1) | {"response_zone": "3"}, bad]))
    assert counts(report)[:4] == (2, 1, 0, 1)
    ((row, station, reasons, content),) = query(
        warehouse, 'select source_row, station_id, reasons, "row" from ops.quarantine'
    )
    assert (row, station) == (3, "S77")
    assert [(r["field"], r["value"], r["code"]) for r in reasons] == [
        ("received_at", "soon", "bad_time"),
        ("dispatched_at", "2025-04-24", "bad_time"),
        ("response_zone", "4", "bad_choice"),
    ]
    assert reasons[0]["message_zh"] == "接警时间“soon”不是日期加时刻；请写成 2025-04-25 08:30:00"
    assert content["incident_id"] == "JQ0002"


def test_a_row_that_is_mended_at_its_source_settles_its_quarantine(warehouse, tmp_path):
    load(write_csv(tmp_path / "a.csv", [incident(1, received_at="soon")]))
    load(write_csv(tmp_path / "b.csv", [incident(1)]))
    assert query(warehouse, "select status, replayed_batch_id is not null from ops.quarantine") == [
        ("replayed", True)
    ]


def test_strict_refuses_the_whole_file_and_says_why(warehouse, tmp_path):
    before = snapshot(warehouse)
    path = write_csv(tmp_path / "a.csv", [incident(1), incident(2, received_at="soon")])
    with pytest.raises(RefusedFile) as refusal:
        load(path, strict=True)
    assert str(refusal.value) == (
        "a.csv: 1 bad row(s), and nothing is loaded with --strict. row 3: received_at 'soon' is no date "
        "with a time of day; write it as 2025-04-25 08:30:00."
    )
    assert snapshot(warehouse) == before
    assert query(warehouse, "select count(*) from ops.batches") == [(0,)]


def test_a_missing_required_column_is_one_sentence(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [{"incident_id": "1", "地点": "x"}])
    with pytest.raises(RefusedFile) as refusal:
        load(path)
    assert str(refusal.value) == (
        "a.csv: the required column received_at (接警时间) is missing; add it (docs/contract.md lists the "
        "columns), or name the column that holds it in a mapping (--mapping; `closedloop mapping suggest` "
        "drafts one)."
    )
    assert refusal.value.zh and "docs/contract.md" in refusal.value.zh


def test_a_file_of_stations_under_other_headers_is_told_of_a_draft(warehouse, tmp_path):
    path = write_csv(tmp_path / "stations.csv", [{"派出所": "城关所", "分局": "江北分局"}])
    with pytest.raises(RefusedFile, match="mapping suggest"):
        load(path, "stations")


@pytest.fixture
def two_stations(warehouse, tmp_path):
    load(stations(tmp_path / "stations.csv", "S01", "S02", "S03"), "stations")
    rows = [incident(n, station_id=f"S0{1 + n % 2}") for n in range(1, 7)]
    load(write_csv(tmp_path / "all.csv", rows), extract="full")
    return rows


def current(warehouse):
    rows = query(
        warehouse, "select incident_id from raw.incidents where is_current and not retracted order by 1"
    )
    return [row[0] for row in rows]


def test_absence_from_a_full_extract_is_a_dated_tombstone_within_its_stations(
    warehouse, tmp_path, two_stations
):
    until = dt.datetime(2025, 4, 25, tzinfo=dt.UTC)
    rest = [row for row in two_stations if row["incident_id"] == "JQ0001"]
    report = load(
        write_csv(tmp_path / "b.csv", rest), extract="full", covers=Covers(until=until, stations=("S02",))
    )
    assert counts(report) == (1, 0, 1, 0, 2, 0)
    assert current(warehouse) == ["JQ0001", "JQ0002", "JQ0004", "JQ0006"]
    tombstone = query(
        warehouse,
        "select version, is_current, retracted, source_file from raw.incidents where incident_id = 'JQ0003' "
        "order by 1",
    )
    assert tombstone == [(1, False, False, "all.csv"), (2, True, True, "b.csv")]
    assert (
        counts(
            load(
                write_csv(tmp_path / "b.csv", rest),
                extract="full",
                covers=Covers(until=until, stations=("S02",)),
            )
        )[4]
        == 0
    )


def test_a_row_that_comes_back_is_a_new_version(warehouse, tmp_path, two_stations):
    load(write_csv(tmp_path / "b.csv", two_stations[:5]), extract="full")
    assert "JQ0006" not in current(warehouse)
    assert counts(load(write_csv(tmp_path / "c.csv", two_stations), extract="full"))[:3] == (6, 1, 5)
    assert "JQ0006" in current(warehouse)


def test_a_full_extract_of_a_stretch_of_time_withdraws_nothing_before_or_after_it(
    warehouse, tmp_path, two_stations
):
    zone = dt.timezone(dt.timedelta(hours=8))
    covers = Covers(
        since=dt.datetime(2025, 4, 24, 8, 2, tzinfo=zone), until=dt.datetime(2025, 4, 24, 8, 5, tzinfo=zone)
    )
    load(write_csv(tmp_path / "b.csv", [two_stations[2]]), extract="full", covers=covers)
    assert current(warehouse) == ["JQ0001", "JQ0003", "JQ0006"]


def test_a_bad_row_is_present_in_a_full_extract_and_a_nameless_one_stops_judging(
    warehouse, tmp_path, two_stations
):
    bad = [row | ({"received_at": "?"} if row["incident_id"] == "JQ0006" else {}) for row in two_stations]
    assert counts(load(write_csv(tmp_path / "b.csv", bad), extract="full"))[3:5] == (1, 0)
    nameless = [*two_stations[:4], incident(5, incident_id="")]
    report = load(write_csv(tmp_path / "c.csv", nameless), extract="full")
    assert counts(report)[4] == 0
    assert any("absences were not judged" in warning for warning in report.warnings)
    assert len(current(warehouse)) == 6


@pytest.mark.parametrize(
    ("kept", "large"), [((0, 1, 2, 3, 4), True), ((0, 1, 2, 3, 4, 5), False), ((5,), True)]
)
def test_the_preview_of_a_full_extract_counts_what_the_load_withdraws(
    warehouse, tmp_path, two_stations, kept, large
):
    path = write_csv(tmp_path / "b.csv", [two_stations[number] for number in kept])
    (going,) = withdrawals(prepare_file("incidents", path), extract="full")
    assert (going.known, going.is_large, going.warning is not None) == (6, large, large)
    assert len(current(warehouse)) == 6, "a preview wrote"
    assert withdrawals(prepare_file("incidents", path), extract="delta") == ()
    report = load(path, extract="full")
    assert counts(report)[4] == going.absent == 6 - len(kept)
    (batch,) = report.batches
    told = query(warehouse, f"select warnings from ops.batches where batch_id = {batch.batch_id}")
    said = f"incidents: {going.absent} of 6 known rows are not in this full extract and were withdrawn"
    for warnings in (report.warnings, told[0][0]):
        assert any(said in warning for warning in warnings) == large


def test_the_preview_judges_what_the_load_judges(warehouse, tmp_path, two_stations):
    of_s01 = [row for row in two_stations if row["station_id"] == "S01"]
    first = write_csv(tmp_path / "b.csv", of_s01[1:])
    of_one = Covers(until=dt.datetime(2025, 4, 26, tzinfo=dt.UTC), stations=("S01",))
    (going,) = withdrawals(prepare_file("incidents", first), extract="full", covers=of_one)
    assert (going.known, going.absent) == (len(of_s01), 1)
    nameless = write_csv(tmp_path / "c.csv", [*two_stations[:4], incident(5, incident_id="")])
    (going,) = withdrawals(prepare_file("incidents", nameless), extract="full")
    assert (going.absent, going.unjudged) == (0, 1)
    without_a_row = prepare_file("incidents", write_csv(tmp_path / "d.csv", [], tuple(two_stations[0])))
    with pytest.raises(RefusedFile, match="would withdraw all 6 that are known"):
        withdrawals(without_a_row, extract="full")


def test_a_full_extract_without_a_row_is_refused(warehouse, tmp_path, two_stations):
    with pytest.raises(RefusedFile, match="would withdraw all 6 that are known"):
        load(write_csv(tmp_path / "b.csv", [], tuple(two_stations[0])), extract="full")


def test_a_full_extract_of_events_leaves_the_events_that_are_columns_of_items(
    warehouse, tmp_path, two_stations
):
    header = ("event_id", "loop", "item_id", "move", "occurred_at")
    event = dict(zip(header, ("E1", "incident", "JQ0001", "chase", "2025-04-24 10:00:00"), strict=True))
    path = write_csv(tmp_path / "e.csv", [event, event | {"event_id": "E2"}])
    load(path, "loop_events", extract="full")
    report = load(write_csv(tmp_path / "e2.csv", [event]), "loop_events", extract="full")
    assert counts(report) == (1, 0, 1, 0, 1, 0)
    live = f"select count(*) from {EVERY_EVENT} as event where is_current and not retracted"
    assert query(warehouse, live) == [(12 + 1,)]


def test_an_event_has_a_stage_of_its_loop_or_a_move_and_names_may_be_chinese(warehouse, tmp_path):
    header = ("event_id", "loop", "item_id", "stage", "move", "occurred_at", "department_id")
    rows = [
        ("E1", "指令", "Z1", "督查", "", "2025-04-24 10:00:00", ""),
        ("E2", "directive", "Z1", "", "退回", "2025-04-24 11:00:00", "司法行政"),
        ("E3", "directive", "Z1", "mediate", "", "2025-04-24 11:00:00", ""),
        ("E4", "directive", "Z1", "sign", "chase", "2025-04-24 11:00:00", ""),
        ("E5", "directive", "Z1", "", "", "2025-04-24 11:00:00", "nobody"),
        ("E6", "unheard", "Z1", "sign", "", "2025-04-24 11:00:00", ""),
    ]
    path = write_csv(tmp_path / "e.csv", [dict(zip(header, row, strict=True)) for row in rows])
    load(path, "loop_events")
    assert query(
        warehouse, "select event_id, loop, stage, move, department_id from raw.loop_events order by 1"
    ) == [
        ("E1", "directive", "inspect", None, None),
        ("E2", "directive", None, "return", "sifa"),
    ]
    codes = query(warehouse, "select reasons from ops.quarantine order by source_row")
    assert [[reason["code"] for reason in row[0]] for row in codes] == [
        ["unknown_stage"],
        ["stage_and_move"],
        ["unknown_reference", "no_stage_or_move"],
        ["unknown_reference"],
    ]


def test_texts_arrive_as_they_are_written(warehouse, tmp_path):
    places = [
        '"quoted", with comma',
        "two\nlines",
        "back\\slash \\. \\N",
        "emoji 🚓",
        "tab\there",
        "carriage\rreturn",
        "'",
    ]
    load(write_csv(tmp_path / "a.csv", [incident(n, place=place) for n, place in enumerate(places)]))
    assert [
        row[0] for row in query(warehouse, "select place from raw.incidents order by incident_id")
    ] == places


def test_a_warehouse_that_goes_away_in_the_middle_is_one_sentence(warehouse, tmp_path):
    def cut(text):
        if text.startswith("loading"):
            with warehouse.server.admin() as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'closedloop load'"
                )

    path = write_csv(tmp_path / "a.csv", [incident(1)])
    with pytest.raises(WarehouseUnavailable, match="nothing of the file was loaded, load it again"):
        load(path, progress=cut)
    assert counts(load(path))[1] == 1


def test_coverage_is_what_the_extract_says_or_the_stations_in_it_until_its_latest_time(warehouse, tmp_path):
    load(stations(tmp_path / "stations.csv", "S01", "S02", "S03"), "stations")
    load(write_csv(tmp_path / "a.csv", [incident(1), incident(2, station_id="S99")]))
    until = dt.datetime(2025, 4, 25, tzinfo=dt.UTC)
    load(write_csv(tmp_path / "b.csv", [incident(3)]), covers=Covers(until=until, without=("S02",)))
    rows = query(
        warehouse, "select batch_id, station_id, covers_until from ops.coverage order by batch_id, station_id"
    )
    latest = dt.datetime(2025, 4, 24, 1, 2, tzinfo=dt.UTC)
    assert [row[1:] for row in rows] == [
        ("S01", latest),
        ("UNASSIGNED", latest),
        ("S01", until),
        ("S03", until),
        ("UNASSIGNED", until),
    ]


def test_an_extract_of_all_stations_covers_those_that_are_entered_later(warehouse, tmp_path):
    until = dt.datetime(2025, 4, 25, tzinfo=dt.UTC)
    posts = [{"post_id": "P1", "station_id": "S01"}, {"post_id": "P2", "station_id": "S02"}]
    load(write_csv(tmp_path / "posts.csv", posts), "posts", covers=Covers(until=until))
    load(stations(tmp_path / "one.csv", "S01"), "stations")
    load(write_csv(tmp_path / "a.csv", [incident(1)]), covers=Covers(until=until, without=("S01",)))
    load(stations(tmp_path / "both.csv", "S01", "S02"), "stations")
    assert query(
        warehouse, "select table_name, station_id, covers_until from ops.coverage order by 1, 2"
    ) == [
        ("incidents", "UNASSIGNED", until),
        ("posts", "S01", until),
        ("posts", "S02", until),
        ("posts", "UNASSIGNED", until),
    ]


def test_a_load_waits_for_the_lock_and_says_who_holds_it(warehouse, tmp_path):
    import threading

    from closedloop.warehouse import LOAD_AND_BUILD

    path = write_csv(tmp_path / "a.csv", [incident(1)])
    said, waiting = [], threading.Event()

    def progress(text):
        said.append(text)
        if text.startswith("waiting"):
            waiting.set()

    with warehouse.connect("owner", application="a build") as holder:
        holder.execute("select pg_advisory_xact_lock(%s)", [LOAD_AND_BUILD])
        thread = threading.Thread(target=load, args=(path,), kwargs={"progress": progress})
        thread.start()
        assert waiting.wait(60)
    thread.join(60)
    assert "waiting for a build to finish" in said
    assert current(warehouse) == ["JQ0001"]
