"""The replay against histories that were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.oracle.raw_rows import Raw, work_items
from tests.oracle.reference import Reference
from tests.oracle.stories import Story, event, local

SECOND = timedelta(seconds=1)
START = "2025-04-23 10:00"  # a Wednesday; Sunday the 27th is worked, 1-5 May are not

#: Every clock started at START: when it is due. Worked out on a paper calendar.
DUE = {
    "directive-dispatch": "2025-04-23 10:30",
    "directive-sign-red": "2025-04-23 10:30",
    "directive-sign-yellow": "2025-04-23 12:00",
    "directive-sign-blue": "2025-04-23 14:00",
    "directive-handle-red": "2025-04-24 10:00",
    "directive-handle-yellow": "2025-04-26 10:00",
    "directive-handle-blue": "2025-04-30 10:00",
    "directive-inspect": "2025-04-25 17:00",
    "directive-rectify-red": "2025-04-24 10:00",
    "directive-rectify-yellow": "2025-04-25 10:00",
    "directive-rectify-blue": "2025-04-27 17:00",
    "directive-whole-red": "2025-04-28 10:00",
    "directive-whole-yellow": "2025-05-03 10:00",
    "directive-whole-blue": "2025-05-16 17:00",
    "incident-dispatch": "2025-04-23 10:03",
    "incident-arrive": "2025-04-23 10:10",
    "incident-handle": "2025-04-23 12:00",
    "incident-close": "2025-04-26 10:00",
    "dispute-mediate-red": "2025-04-24 10:00",
    "dispute-mediate-yellow": "2025-04-27 17:00",
    "dispute-mediate-blue": "2025-04-29 17:00",
    "dispute-conclude-red": "2025-05-09 17:00",
    "dispute-conclude-yellow": "2025-05-23 17:00",
    "dispute-conclude-blue": "2025-06-09 17:00",
    "diversion-accept": "2025-04-24 17:00",
    "diversion-finish": "2025-04-29 17:00",
    "diversion-feedback": "2025-04-25 17:00",
    "hazard-refer": "2025-04-25 17:00",
    "hazard-fix-red": "2025-04-26 10:00",
    "hazard-fix-yellow": "2025-05-16 17:00",
    "hazard-fix-blue": "2025-06-09 17:00",
    "hazard-verify": "2025-04-29 17:00",
    "traffic-fine-penalty": "2025-06-22 10:00",
}

REFERENCE = Reference.read()
POLICIES = [policy for loop in REFERENCE.targets.values() for rows in loop.values() for policy in rows]


def test_every_clock_of_the_policy_is_in_the_table_above() -> None:
    assert {p["policy_id"] for p in POLICIES} == set(DUE)


def _started(policy: dict, *more: dict) -> Story:
    """An item whose clock ``policy`` starts at START."""
    loop = policy["loop"]
    first = REFERENCE.loops[loop]["first_stage"]
    severity = None if policy["severity"] == "*" else policy["severity"]
    events = [event(START, policy["start_stage"], outcome=policy["start_outcome"])]
    if policy["start_stage"] != first:
        events.insert(0, event(START, first))
    return Story(loop, START, *events, *more, severity=severity)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p["policy_id"])
def test_every_clock_is_running_until_exactly_due_and_overdue_after(policy: dict) -> None:
    story, target, due = _started(policy), policy["target"], local(DUE[policy["policy_id"]])
    assert story.target(START, target).due == due
    assert story.target(START, target).policy_id == policy["policy_id"]
    assert story.state(due - SECOND, target) == "running"
    assert story.state(due, target) == "running"
    assert story.state(due + SECOND, target) == "overdue"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p["policy_id"])
@pytest.mark.parametrize(
    ("offset", "state"), [(-SECOND, "met"), (timedelta(0), "met"), (SECOND, "late")], ids=str
)
def test_every_clock_is_met_when_stopped_exactly_when_due(
    policy: dict, offset: timedelta, state: str
) -> None:
    target, due = policy["target"], local(DUE[policy["policy_id"]])
    stop = event(START, policy["stop_stage"])
    stop["occurred_at"] = due + offset
    story = _started(policy, stop)
    assert story.state(due + offset, target) == state
    assert story.state(due + 99 * SECOND, target) == state


# ---------------------------------------------------------------- where an item stands


def test_an_item_exists_from_its_opening() -> None:
    story = Story("directive", START, event(START, "receive"))
    assert story.at(local(START) - SECOND) is None
    found = story.at(START)
    assert (found.stage, found.next_stage) == ("receive", "dispatch")
    assert (found.holder_kind, found.holder_id) == ("centre", "B1")


def test_an_item_to_which_nothing_has_happened_waits_for_its_first_stage() -> None:
    story = Story("dispute", START, event("2025-04-23 11:00", "assign"))
    found = story.at(START)
    assert (found.stage, found.next_stage, found.holder_kind) == (None, "find", "station")
    assert found.missing_stages == ()
    assert story.at("2025-04-23 11:00").missing_stages == ("find",)


def test_the_holder_is_whoever_makes_the_next_move() -> None:
    story = Story(
        "incident",
        START,
        event(START, "receive"),
        event("2025-04-23 10:01", "dispatch"),
        event("2025-04-23 10:05", "arrive", post_id="P7"),
        event("2025-04-23 11:00", "handle"),
        event("2025-04-23 12:00", "close"),
    )
    expected = [
        ("10:00", ("centre", "B1")),
        ("10:01", ("post", "S01")),
        ("10:05", ("post", "P7")),
        ("11:00", ("station", "S01")),
        ("12:00", (None, None)),
    ]
    for clock, holder in expected:
        found = story.at(f"2025-04-23 {clock}")
        assert (found.holder_kind, found.holder_id) == holder
    assert story.at("2025-04-23 12:00").status == "closed"


def test_an_event_before_the_opening_takes_effect_at_the_opening() -> None:
    story = Story(
        "incident",
        START,
        event("2024-04-23 10:00", "dispatch"),
        event(START, "receive"),
    )
    assert story.at(START).stage == "dispatch"
    assert story.target(START, "arrive").started_at == local(START)
    assert story.state(START, "dispatch") == "met"


def test_a_milestone_stops_its_clock_and_does_not_move_the_item() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 10:20", "sign"),
        severity="red",
    )
    found = story.at("2025-04-23 10:20")
    assert (found.stage, story.state("2025-04-23 10:20", "sign")) == ("dispatch", "met")
    assert story.state("2025-04-23 10:20", "handle") == "running"


def test_skipping_the_milestone_stops_its_clock_too() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 11:00", "handle"),
        severity="red",
    )
    assert story.state("2025-04-23 11:00", "sign") == "late"
    assert story.state("2025-04-23 11:00", "handle") == "met"


def test_a_return_puts_the_item_into_the_centres_hands_and_cures_nothing() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 10:31", "*return"),
        event("2025-04-23 12:00", "dispatch"),
        severity="red",
    )
    found = story.at("2025-04-23 11:00")
    assert (found.stage, found.next_stage, found.holder_kind) == ("receive", "dispatch", "centre")
    assert found.is_returned
    assert story.state("2025-04-23 11:00", "sign") == "late"
    assert story.state("2025-04-23 11:00", "handle") == "cancelled"
    assert story.state("2025-04-23 11:00", "whole") == "running"
    again = story.target("2025-04-23 12:00", "handle", 2)
    assert (again.state, again.start_reason, again.due) == ("running", "stage", local("2025-04-24 12:00"))
    assert not story.at("2025-04-23 12:00").is_returned


def test_after_a_return_an_incident_stays_in_the_centres_hands() -> None:
    story = Story(
        "dispute",
        START,
        event(START, "find"),
        event("2025-04-23 11:00", "assign"),
        event("2025-04-23 12:00", "*return"),
        event("2025-04-23 13:00", "*chase"),
        event("2025-04-23 14:00", "*reassign", station_id="S02"),
    )
    for clock in ("12:00", "13:00"):
        found = story.at(f"2025-04-23 {clock}")
        assert (found.stage, found.holder_kind, found.next_stage) == ("find", "centre", "assign")
    found = story.at("2025-04-23 14:00")
    assert (found.stage, found.station_id, found.holder_kind, found.holder_id) == (
        "assign",
        "S02",
        "post",
        "S02",
    )


def test_a_reassignment_ends_the_stations_clocks_and_starts_the_next_ones() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 10:10", "*reassign", station_id="nowhere"),
        severity="red",
    )
    found = story.at("2025-04-23 10:10")
    assert (found.station_id, found.stage, found.holder_id) == ("UNASSIGNED", "dispatch", "UNASSIGNED")
    assert story.state("2025-04-23 10:10", "sign", 1) == "cancelled"
    second = story.target("2025-04-23 10:10", "sign", 2)
    assert (second.start_reason, second.due) == ("reassign", local("2025-04-23 10:40"))


def test_a_stations_clock_that_began_with_the_item_begins_again_at_its_next_station() -> None:
    story = Story(
        "dispute",
        START,
        event(START, "find"),
        event("2025-04-23 11:00", "assign"),
        event("2025-04-23 12:00", "*return"),
        event("2025-04-23 13:00", "*chase"),
        event("2025-04-23 14:00", "assign"),
        event("2025-04-24 09:00", "*reassign", station_id="S02"),
        event("2025-04-24 10:00", "assign"),
        severity="red",
    )
    found = story.at("2025-04-24 10:00")
    assert [(t.start_reason, t.started_at, t.state) for t in found.targets if t.target == "conclude"] == [
        ("stage", local(START), "cancelled"),
        ("reassign", local("2025-04-23 14:00"), "cancelled"),
        ("reassign", local("2025-04-24 09:00"), "running"),
    ]
    waiting = story.at("2025-04-23 13:30")
    assert {t.state for t in waiting.targets} == {"cancelled"}


def test_the_whole_loop_target_of_the_centre_goes_on_through_a_return() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 10:10", "*return"),
        event("2025-04-23 10:20", "dispatch"),
        severity="red",
    )
    assert [t.state for t in story.at("2025-04-23 10:20").targets if t.target == "whole"] == ["running"]


def test_a_failed_inspection_asks_for_rectification() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event(START, "handle"),
        event(START, "collect"),
        event("2025-04-23 11:00", "inspect", outcome="不合格"),
        event("2025-04-23 12:00", "rectify"),
        severity="yellow",
    )
    found = story.at("2025-04-23 11:00")
    assert (found.next_stage, found.holder_kind, found.is_returned) == ("rectify", "station", True)
    assert story.target("2025-04-23 11:00", "rectify").due == local("2025-04-25 11:00")
    found = story.at("2025-04-23 12:00")
    assert (found.next_stage, found.is_returned) == ("inspect", False)
    assert story.state("2025-04-23 12:00", "rectify") == "met"


def test_a_passed_inspection_starts_no_rectification_clock() -> None:
    story = Story("directive", START, event(START, "inspect", outcome="passed"), severity="red")
    assert [t for t in story.at(START).targets if t.target == "rectify"] == []
    assert story.at(START).next_stage == "feedback"


def test_a_stage_after_closing_changes_nothing_until_reopened() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event("2025-04-23 11:00", "feedback"),
        event("2025-04-23 12:00", "dispatch"),
        event("2025-04-23 13:00", "*return"),
        event("2025-04-23 14:00", "*cancel"),
        event("2025-04-23 15:00", "*reopen"),
        severity="red",
    )
    for clock in ("11:00", "12:00", "13:00", "14:00"):
        found = story.at(f"2025-04-23 {clock}")
        assert (found.stage, found.status, found.holder_kind) == ("feedback", "closed", None)
        assert {t.state for t in found.targets if t.target == "handle"} == set()
    found = story.at("2025-04-23 15:00")
    assert (found.stage, found.status, found.holder_kind) == ("dispatch", "open", "station")
    assert {(t.target, t.start_reason) for t in found.targets if t.state == "running"} == {
        ("handle", "reopen"),
        ("whole", "reopen"),
    }


def test_a_reopened_item_ignores_its_own_old_deadline() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 11:00", "feedback"),
        event("2025-04-24 11:00", "*reopen"),
        severity="red",
        due_at="2025-04-23 18:00",
    )
    assert story.target(START, "handle").due == local("2025-04-23 18:00")
    assert story.target("2025-04-24 11:00", "handle", 2).due == local("2025-04-25 11:00")


def test_cancelling_keeps_the_stage_and_cancels_running_targets() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 10:31", "*cancel"),
        severity="red",
    )
    found = story.at("2025-04-23 10:31")
    assert (found.stage, found.status, found.next_stage) == ("dispatch", "cancelled", None)
    assert story.state("2025-04-23 10:31", "sign") == "late"
    assert story.state("2025-04-23 10:31", "handle") == "cancelled"


def test_an_item_withdrawn_at_its_source_is_cancelled_at_the_tombstone() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        severity="red",
        retracted=True,
        loaded_at=local("2025-04-24 06:00"),
    )
    assert story.at(local("2025-04-24 06:00") - SECOND).is_open
    assert story.at("2025-04-24 06:00").status == "cancelled"
    assert story.state("2025-04-24 06:00", "whole") == "cancelled"


def test_a_tombstone_dates_from_the_end_of_the_extract_that_no_longer_had_the_row() -> None:
    loaded = local("2025-04-24 06:30")
    row = {
        "directive_id": "D1",
        "station_id": "S01",
        "issued_at": START,
        "is_current": True,
        "retracted": True,
        "loaded_at": loaded,
        "batch_id": 1,
    }
    for covers_until, gone in (
        ("2025-04-24 06:00", "2025-04-24 06:00"),
        ("2025-04-24 07:00", loaded),
        (None, loaded),
    ):
        until = local(covers_until) if covers_until else None
        raw = Raw({"directives": [row]}, [], batches=[{"batch_id": 1, "covers_until": until}])
        (item,) = work_items(raw, REFERENCE)
        assert item.withdrawn_at == (local(gone) if isinstance(gone, str) else gone)


def test_superseded_and_retracted_events_do_not_count() -> None:
    wrong = event("2025-04-23 11:00", "handle", event_id="a")
    right = event("2025-04-23 12:00", "handle", event_id="b", supersedes="a")
    gone = event("2025-04-23 11:30", "feedback", event_id="c", retracted=True)
    old = event("2025-04-23 11:30", "feedback", event_id="d", is_current=False)
    story = Story("directive", START, event(START, "receive", event_id="0"), wrong, right, gone, old)
    assert story.at("2025-04-23 11:59").stage == "receive"
    assert story.at("2025-04-23 12:00").stage == "handle"


def test_at_one_instant_stages_come_in_loop_order_and_moves_after_them() -> None:
    story = Story(
        "directive",
        START,
        event(START, "*reassign", event_id="0"),
        event(START, "handle", event_id="1"),
        event(START, "receive", event_id="2"),
        severity="red",
    )
    assert story.at(START).stage == "dispatch"
    assert [t.start_reason for t in story.at(START).targets if t.target == "handle"] == ["reassign"]


# ---------------------------------------------------------------- severity


def test_the_severity_of_an_incident_is_its_priority() -> None:
    assert Story("incident", START, event(START, "receive"), priority="二级").at(START).severity == "yellow"
    assert Story("incident", START, event(START, "receive"), priority="9").at(START).severity is None


def test_without_one_of_its_own_the_first_severity_of_an_event_holds_from_then_on() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event("2025-04-23 10:05", "dispatch", severity="blue"),
        event("2025-04-23 10:06", "sign", severity="red"),
    )
    assert story.at(START).severity is None
    assert story.at("2025-04-23 10:06").severity == "blue"
    assert story.target("2025-04-23 10:06", "sign").policy_id == "directive-sign-blue"


def test_upgrading_opens_an_additional_target_and_the_old_one_goes_on() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "dispatch"),
        event("2025-04-23 12:00", "*recolour", severity="red"),
        event("2025-04-23 12:20", "sign"),
        severity="yellow",
    )
    old, new = (story.target("2025-04-23 12:00", "sign", n) for n in (1, 2))
    assert (old.state, old.due, old.policy_id) == (
        "running",
        local("2025-04-23 12:00"),
        "directive-sign-yellow",
    )
    assert (new.state, new.due, new.start_reason) == ("running", local("2025-04-23 12:30"), "upgrade")
    assert [story.state("2025-04-23 12:20", "sign", n) for n in (1, 2)] == ["late", "met"]


def test_a_target_that_knows_no_colours_has_nothing_to_upgrade() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event(START, "*recolour", severity="red"),
        severity="blue",
    )
    found = story.at(START)
    assert sorted((t.target, t.policy_id) for t in found.targets) == [
        ("dispatch", "directive-dispatch"),
        ("whole", "directive-whole-blue"),
        ("whole", "directive-whole-red"),
    ]


def test_downgrading_changes_no_running_deadline() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 10:10", "*recolour", severity="blue"),
        severity="red",
    )
    found = story.at("2025-04-23 10:31")
    assert found.severity == "blue"
    assert {t.policy_id: t.state for t in found.targets} == {
        "directive-sign-red": "overdue",
        "directive-handle-red": "running",
    }


def test_without_a_severity_only_targets_for_all_severities_run() -> None:
    story = Story("directive", START, event(START, "receive"), event(START, "dispatch"))
    assert {t.target for t in story.at(START).targets} == {"dispatch"}


# ---------------------------------------------------------------- extensions and pauses


def test_an_extension_moves_the_deadline_from_then_on() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-24 10:00", "*extend", due_at="2025-04-26 10:00"),
        severity="red",
    )
    assert story.target(local("2025-04-24 10:00") - SECOND, "handle").due == local("2025-04-24 10:00")
    assert story.target("2025-04-24 10:00", "handle").due == local("2025-04-26 10:00")
    assert story.state("2025-04-26 10:00", "handle") == "running"
    assert story.state(local("2025-04-26 10:00") + SECOND, "handle") == "overdue"
    assert story.state("2025-04-24 10:00", "sign") == "overdue"


def test_an_extension_after_the_breach_cures_nothing() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-24 10:00:01", "*extend", due_at="2025-04-26 10:00"),
        event("2025-04-24 11:00", "handle"),
        severity="red",
    )
    assert story.state("2025-04-24 10:30", "handle") == "overdue"
    assert story.state("2025-04-24 11:00", "handle") == "late"


def test_an_extension_into_the_past_breaches_there_and_then() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 12:00", "*extend", due_at="2025-04-23 11:00"),
        severity="red",
    )
    assert story.state("2025-04-23 12:00", "handle") == "running"
    assert story.state(local("2025-04-23 12:00") + SECOND, "handle") == "overdue"
    late = story.target("2025-04-23 13:00", "handle")
    assert late.breached_at == local("2025-04-23 12:00")


def test_a_wrong_extension_put_right_at_the_same_instant_breaches_nothing() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 12:00", "*extend", due_at="2025-04-23 11:00"),
        event("2025-04-23 12:00", "*extend", due_at="2025-04-25 11:00"),
        severity="red",
    )
    assert story.state("2025-04-24 12:00", "handle") == "running"


def test_a_pause_moves_a_wall_clock_deadline_by_its_length() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 12:00", "*suspend"),
        event("2025-04-23 13:00", "*suspend"),
        event("2025-04-25 12:00", "*resume"),
        severity="red",
    )
    paused = story.target("2025-04-25 11:00", "handle")
    assert (paused.state, paused.due) == ("paused", None)
    assert story.state("2025-04-25 11:00", "sign") == "overdue"
    assert story.target("2025-04-25 12:00", "handle").due == local("2025-04-26 10:00")


def test_a_pause_moves_a_working_day_deadline_by_the_working_time_in_it() -> None:
    def due(suspended: str, resumed: str) -> object:
        story = Story(
            "dispute",
            START,
            event(START, "find"),
            event(suspended, "*suspend"),
            event(resumed, "*resume"),
            severity="yellow",
        )
        return story.target(resumed, "mediate").due

    assert due("2025-04-23 18:00", "2025-04-24 08:00") == local("2025-04-27 17:00")
    assert due("2025-04-23 16:59", "2025-04-24 08:00") == local("2025-04-28 17:00")
    assert due("2025-04-24 09:00", "2025-04-24 17:00") == local("2025-04-28 17:00")
    assert due("2025-04-24 09:00", "2025-04-25 09:01") == local("2025-04-29 17:00")


def test_a_clock_started_during_a_pause_waits_for_its_end() -> None:
    story = Story(
        "directive",
        START,
        event(START, "receive"),
        event("2025-04-23 10:05", "*suspend"),
        event("2025-04-23 11:00", "dispatch"),
        event("2025-04-23 13:00", "*resume"),
        severity="red",
    )
    assert story.state("2025-04-23 12:00", "sign") == "paused"
    assert story.target("2025-04-23 13:00", "sign").due == local("2025-04-23 13:30")


def test_stopping_during_a_pause_is_in_time() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        event("2025-04-23 10:30", "*suspend"),
        event("2025-04-25 12:00", "sign"),
        severity="red",
    )
    assert story.state("2025-04-25 12:00", "sign") == "met"


# ---------------------------------------------------------------- what is not known


def test_a_deadline_after_the_last_load_is_not_yet_known() -> None:
    story = Story(
        "directive",
        START,
        event(START, "dispatch"),
        severity="red",
        covered_until="2025-04-23 12:00",
    )
    assert story.state("2025-04-24 09:00", "sign") == "overdue"
    assert story.state("2025-04-24 10:00", "handle") == "running"
    assert story.state("2025-04-24 10:01", "handle") == "unknown"


def test_beyond_the_calendar_a_working_day_target_says_so_and_others_go_on() -> None:
    story = Story(
        "directive",
        "2026-12-30 10:00",
        event("2026-12-30 10:00", "receive"),
        event("2026-12-30 10:00", "dispatch"),
        severity="blue",
    )
    assert story.state("2027-06-01 10:00", "whole") == "no_calendar"
    assert story.state("2027-06-01 10:00", "handle") == "overdue"


def test_the_policy_in_force_at_the_start_is_the_one_that_counts() -> None:
    old = next(p for p in POLICIES if p["policy_id"] == "diversion-accept")
    rows = [
        {**old, "policy_id": "old", "valid_to": "2025-04-24"},
        {**old, "policy_id": "new", "valid_from": "2025-04-24", "limit_value": 3},
    ]
    reference = replace(REFERENCE, targets={**REFERENCE.targets, "diversion": {"accept": rows}})

    def policy(opened: str) -> str:
        story = Story("diversion", opened, event(opened, "send"), reference=reference)
        return story.target("2026-01-01 00:00", "accept").policy_id

    assert policy("2025-04-23 23:59:59") == "old"
    assert policy("2025-04-24 00:00") == "new"


# ---------------------------------------------------------------- missing stages

TRACE_STAGES = ("receive", "dispatch", "handle", "collect", "inspect", "rectify", "feedback")


def _walked(trace: str, failed: bool) -> tuple[str, ...]:
    """The missing stages of an item that walked ``trace``; inspections before a 6 have failed."""
    events = []
    for position, digit in enumerate(trace):
        fails = digit == "5" and (failed or trace[position + 1 : position + 2] == "6")
        events.append(
            event(
                f"2025-04-23 10:{position:02}",
                TRACE_STAGES[int(digit) - 1],
                outcome="failed" if fails else "passed" if digit == "5" else None,
            )
        )
    return Story("directive", START, *events).at("2025-04-24 10:00").missing_stages


@pytest.mark.parametrize(
    ("trace", "missing"),
    [
        ("1234567", ()),
        ("123457", ()),
        ("134567", ("dispatch",)),
        ("1234563457", ()),
        ("123", ()),
    ],
    ids=["A whole", "B nothing to rectify", "C no dispatch", "D reworked", "E still open"],
)
def test_the_published_traces_are_judged_on_what_they_skipped(trace: str, missing: tuple) -> None:
    assert _walked(trace, failed=False) == missing


def test_closing_after_a_failed_inspection_without_rectifying_misses_it() -> None:
    assert _walked("123457", failed=True) == ("rectify",)
    assert _walked("12345657", failed=True) == ("rectify",)
    assert _walked("12345", failed=True) == ()
    assert _walked("1257", failed=True) == ("handle", "collect", "rectify")
