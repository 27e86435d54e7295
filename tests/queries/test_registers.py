"""Disputes, diversions and volunteers, counted a second time in plain Python from the raw rows."""

from __future__ import annotations

import csv
import statistics
from datetime import date, datetime, timedelta

import pytest
from psycopg.rows import dict_row

from closedloop.queries.disputes import OUTCOMES, after_resolution, dispute_items, found_disputes
from closedloop.queries.diversions import VIEWS, diversion_items, sent_diversions
from closedloop.queries.reading import rows
from closedloop.queries.volunteers import serving_volunteers, volunteer_activities, volunteer_posts
from closedloop.warehouse import Scope
from tests.oracle.loop_oracle import item_at
from tests.oracle.raw_rows import known_until, read_raw, work_items
from tests.oracle.reference import SEEDS, Reference
from tests.oracle.stories import SHANGHAI, local

CITY = Scope.city()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PERIODS = {
    "the centre's": (local("2024-08-01 00:00"), local("2025-04-25 00:00")),
    "the command room's": (local("2023-07-31 00:00"), local("2024-01-01 00:00")),
}
MOMENTS = {"the latest moment": None, "a moment within": local("2024-10-08 15:41")}


class Retold:
    """Every item of the city with its raw row, and how it stands at a moment."""

    def __init__(self, raw) -> None:
        self.reference = Reference.read().with_stations(raw.stations)
        self.known = known_until(raw.coverage)
        self.rows = {
            f"{row.get('loop') or loop}:{row[key]}": row
            for table, key, loop in (
                ("incidents", "incident_id", "incident"),
                ("disputes", "dispute_id", "dispute"),
                ("diversions", "diversion_id", "diversion"),
            )
            for row in raw.tables[table]
            if row["is_current"]
        }
        self.items = {item.work_item_id: item for item in work_items(raw, self.reference)}
        with (SEEDS / "categories.csv").open(encoding="utf-8") as lines:
            self.invalid = {row["category"] for row in csv.DictReader(lines) if row["is_valid"] == "0"}
        self.calls: dict[str, list] = {}
        for key, row in self.rows.items():
            is_call = key.startswith("incident:") and row["place_key"] and row["merged_into"] is None
            if is_call and row["initial_type"] not in self.invalid:
                self.calls.setdefault(row["place_key"], []).append((row["received_at"], key, row))

    def of(self, loop: str, moment: datetime):
        """``(item, its raw row, how it stands)`` of a loop, of what existed at the moment."""
        for key, item in self.items.items():
            if item.loop == loop:
                at = item_at(item, self.reference, moment)
                if at is not None:
                    yield item, self.rows[key], at

    def times(self, item, moment: datetime, **what: str) -> list[datetime]:
        """When a stage was reached or a move made, so far."""
        ((kind, name),) = what.items()
        found = [e["occurred_at"] for e in item.events if e.get(kind) == name]
        return sorted(time for time in found if time <= moment)

    def called(self, place: str | None, start: datetime, end: datetime, own: str | None, moment: datetime):
        """Calls from a place in (start, end] that stand at the moment."""
        return [
            row
            for time, key, row in self.calls.get(place, [])
            if start < time <= end
            and time <= moment
            and row["incident_id"] != own
            and item_at(self.items[key], self.reference, moment).status != "cancelled"
        ]

    def reported(self, station: str, moment: datetime, *tables: str) -> datetime | None:
        """Until when a station has reported all of the tables, at the most until the moment."""
        known = [self.known.get((station, table)) for table in tables]
        return None if None in known else min(moment, *known)


@pytest.fixture(scope="module")
def retold(city) -> Retold:
    with city.connect("owner") as connection:
        return Retold(read_raw(connection))


@pytest.fixture(params=MOMENTS, ids=lambda name: name.replace(" ", "_"))
def moment(request, latest) -> datetime:
    return MOMENTS[request.param] or latest


def _outcome(row, at) -> str:
    if at.status == "cancelled":
        return "cancelled"
    if at.status == "closed":
        return {None: "resolved"}.get(row["outcome"], row["outcome"])
    return "stabilised" if at.stage == "stabilise" else "open"


@pytest.mark.parametrize("period", PERIODS)
def test_disputes_are_what_became_of_them(retold, moment, period):
    since, until = PERIODS[period]
    expected: dict[tuple[str, str | None], list] = {}
    for item, row, at in retold.of("dispute", moment):
        if since <= item.opened_at < until:
            told = (_outcome(row, at), item)
            for member in (
                ("all", None),
                ("station", at.station_id),
                ("category", row["dispute_type"]),
                ("severity", at.severity),
            ):
                expected.setdefault(member, []).append(told)
    answer = {(r["dimension"], r["member"]): r for r in rows(found_disputes(CITY, moment, since, until))}
    assert set(answer) == set(expected)
    assert len(expected["all", None]) > 1
    for member, told in expected.items():
        row = answer[member]
        outcomes = [outcome for outcome, _ in told]
        assert row["found"] == len(told)
        assert {outcome: row[outcome] for outcome in OUTCOMES} == {o: outcomes.count(o) for o in OUTCOMES}
        assert row["counted"] == len(told) - outcomes.count("cancelled")
        items = [item for _, item in told]
        assert row["escalated"] == sum(bool(retold.times(i, moment, move="escalate")) for i in items)
        assert row["visited"] == sum(bool(retold.times(i, moment, stage="mediate")) for i in items)
        assert row["several_rounds"] == sum(len(retold.times(i, moment, stage="mediate")) > 1 for i in items)
    every = answer["all", None]
    waits = [
        (visits[0] - item.opened_at) / HOUR
        for _, item in expected["all", None]
        if (visits := retold.times(item, moment, stage="mediate")) and visits[0] >= item.opened_at
    ]
    assert every["median_hours_to_first_visit"] == pytest.approx(statistics.median(waits))
    assert every["due_resolved"] <= every["due"] <= every["counted"]
    assert every["median_days_resolved"] <= (every["median_days_of_all"] or float("inf")) + 1


@pytest.mark.parametrize("days", [30, 90])
def test_what_came_back_after_a_resolution(retold, moment, days):
    # Long enough for the few disputes of a small city.
    since, until = local("2023-06-01 00:00"), local("2025-04-25 00:00")
    resolved = reopened = placed = called = calls = 0
    for item, row, at in retold.of("dispute", moment):
        concluded = retold.times(item, moment, stage="conclude")
        known = retold.reported(at.station_id, moment, "disputes", "loop_events", "incidents")
        reopenings = retold.times(item, moment, move="reopen")
        if not concluded or at.status == "cancelled" or known is None:
            continue
        if (row["outcome"] or "resolved") != "resolved" and not reopenings:
            continue
        end = concluded[0] + days * DAY
        if since <= end < until and end <= known:
            resolved += 1
            reopened += any(concluded[0] < time <= end for time in reopenings[:1])
            placed += row["place_key"] is not None
            found = retold.called(row["place_key"], concluded[0], end, row["incident_id"], moment)
            called += bool(found)
            calls += len(found)
    answer = rows(after_resolution(CITY, moment, since, until))
    (every,) = (r for r in answer if r["dimension"] == "all" and r["days"] == days)
    told = {k: every[k] for k in ("resolved", "reopened", "with_place", "called_again", "calls")}
    assert told == {
        "resolved": resolved,
        "reopened": reopened,
        "with_place": placed,
        "called_again": called,
        "calls": calls,
    }
    assert resolved > 0 and (days == 30 or called > 0)
    stations = [r for r in answer if r["dimension"] == "station" and r["days"] == days]
    assert sum(r["resolved"] for r in stations) == resolved


@pytest.mark.parametrize("period", PERIODS)
def test_diversions_are_how_far_they_came(retold, moment, period):
    since, until = PERIODS[period]
    expected: dict[tuple[str, str | None], dict[str, int]] = {}
    for item, row, at in retold.of("diversion", moment):
        if not since <= item.opened_at < until:
            continue
        origin = retold.rows.get(f"incident:{row['incident_id']}", {})
        place, known = (
            origin.get("place_key"),
            retold.reported(at.station_id, moment, "diversions", "incidents"),
        )
        followed = {
            hours: bool(place and known and item.opened_at + hours * HOUR <= known) for hours in (72, 720)
        }
        again = {
            hours: followed[hours]
            and bool(
                retold.called(
                    place, item.opened_at, item.opened_at + hours * HOUR, row["incident_id"], moment
                )
            )
            for hours in (72, 720)
        }
        told = {
            "sent": 1,
            "cancelled": at.status == "cancelled",
            "open": at.is_open,
            "accepted": bool(retold.times(item, moment, stage="accept")),
            "finished": bool(retold.times(item, moment, stage="finish")),
            "fed_back": bool(retold.times(item, moment, stage="feedback")),
            "returned": bool(retold.times(item, moment, move="return")),
            "reopened": bool(retold.times(item, moment, move="reopen")),
            "followed_72h": followed[72],
            "called_72h": again[72],
            "followed_30d": followed[720],
            "called_30d": again[720],
        }
        for member in (
            ("all", None),
            ("department", row["department_id"]),
            ("station", at.station_id),
            ("category", row["category"]),
        ):
            counts = expected.setdefault(member, dict.fromkeys(told, 0))
            for name, value in told.items():
                counts[name] += int(value)
    answer = {(r["dimension"], r["member"]): r for r in rows(sent_diversions(CITY, moment, since, until))}
    assert {member: {name: row[name] for name in told} for member, row in answer.items()} == expected
    assert expected["all", None]["called_30d"] > 0 or period == "the centre's"


def test_a_list_holds_what_its_figure_counts(latest):
    since, until = PERIODS["the centre's"]
    found = rows(found_disputes(CITY, latest, since, until))
    (every,) = (row for row in found if row["dimension"] == "all")
    for view in ("found", *OUTCOMES):
        items = dispute_items(CITY, latest, view, since, until)
        assert len(items) == every[view], view
        assert view == "found" or set(items["outcome"]) <= {view}
    (sent,) = (r for r in rows(sent_diversions(CITY, latest, since, until)) if r["dimension"] == "all")
    for view in VIEWS[1:]:
        assert len(diversion_items(CITY, latest, view, since, until)) == sent[view], view
    waiting = diversion_items(CITY, latest, "waiting", since, until)
    assert set(waiting["status"]) == {"open"} and len(waiting) >= sent["open"]
    limited = diversion_items(CITY, latest, "sent", since, until, row_limit=3)
    assert len(limited) == 3 and set(limited["all_items"]) == {sent["sent"]}


def test_a_window_is_over_exactly_when_its_time_is(city, make_warehouse):
    """72 hours and 30 days, to the second: what is followed, and what counts as a call."""
    copy = make_warehouse(of=city)
    with copy.connect("owner") as connection, copy.in_environment():
        work_item, station, sent = connection.execute(
            "select work_item_id, station_id, sent_at from marts.fct_diversions "
            "where place_key is not null and sent_at < '2024-06-01' order by sent_at limit 1"
        ).fetchone()
        connection.execute("delete from marts.fct_repeat_calls where work_item_id = %s", [work_item])
        second = timedelta(seconds=1)

        def told(moment: datetime) -> dict:
            answer = sent_diversions(CITY, moment, sent, sent + second)
            return next(row for row in rows(answer) if row["dimension"] == "all")

        for column, length in (("followed_72h", 72 * HOUR), ("followed_30d", 30 * DAY)):
            assert [told(sent + length + d)[column] for d in (-second, 0 * second, second)] == [0, 1, 1]

        def call(name: str, after: timedelta, cancelled: timedelta | None = None) -> None:
            connection.execute(
                "insert into marts.fct_repeat_calls (work_item_id, call_work_item_id, loop, station_id, "
                "call_category, followed_from, called_at, cancelled_at, hours_after) "
                "values (%s, %s, 'diversion', %s, 'help', %s, %s, %s, 0)",
                [work_item, name, station, sent, sent + after, cancelled and sent + cancelled],
            )
            connection.commit()

        over = sent + 40 * DAY
        assert (told(over)["called_72h"], told(over)["called_30d"]) == (0, 0)
        call("late", 72 * HOUR + second)
        assert (told(over)["called_72h"], told(over)["called_30d"]) == (0, 1)
        call("withdrawn", 1 * HOUR, cancelled=35 * DAY)
        assert told(sent + 35 * DAY - second)["called_72h"] == 1
        assert told(over)["called_72h"] == 0
        call("sharp", 72 * HOUR)
        assert (told(over)["called_72h"], told(over)["called_30d"]) == (1, 1)


def test_volunteers_are_those_who_joined_and_have_not_left(city, latest):
    with city.connect("owner") as connection:
        connection.row_factory = dict_row
        people = connection.execute(
            "select * from raw.volunteers where is_current and not retracted"
        ).fetchall()
        posts = connection.execute(
            "select * from raw.volunteer_posts where is_current and not retracted"
        ).fetchall()
    left = min(person["left_on"] for person in people if person["left_on"])
    for day in (left - DAY, left, date(2024, 6, 30), latest.astimezone(SHANGHAI).date()):
        serving = [
            p for p in people if p["joined_on"] <= day and (p["left_on"] is None or p["left_on"] > day)
        ]
        in_use = [
            p for p in posts if p["opened_on"] <= day and (p["closed_on"] is None or p["closed_on"] > day)
        ]
        answer = {(r["dimension"], r["member"]): r for r in rows(serving_volunteers(CITY, latest, day))}
        assert answer["all", None]["volunteers"] == len(serving)
        assert answer["all", None]["posts"] == len(in_use)
        for name, member in (("station", "station_id"), ("squad", "squad")):
            counts = {m: r["volunteers"] for (dimension, m), r in answer.items() if dimension == name}
            assert {m: n for m, n in counts.items() if n} == {
                m: sum(p[member] == m for p in serving) for m in {p[member] for p in serving}
            }
        table = volunteer_posts(CITY, latest, day, *PERIODS["the centre's"])
        assert set(table["volunteer_post_id"]) == {p["volunteer_post_id"] for p in in_use}
        assert table["volunteers"].sum() == len(serving)
    assert len(serving) == 600 and len(in_use) == 66


def test_activities_are_counted_by_kind_month_station_and_squad(city, moment):
    since, until = local("2024-01-01 00:00"), local("2025-01-01 00:00")
    with city.connect("owner") as connection:
        connection.row_factory = dict_row
        done = connection.execute(
            "select * from raw.volunteer_activities where is_current and not retracted"
        ).fetchall()
    done = [a for a in done if since <= a["started_at"] < until and a["started_at"] <= moment]
    expected: dict[tuple, dict] = {}
    for a in done:
        for member in (
            ("all", None),
            ("month", a["started_at"].astimezone(SHANGHAI).strftime("%Y-%m")),
            ("station", a["station_id"]),
            ("squad", a["squad"]),
        ):
            counts = expected.setdefault((*member, a["kind"]), {})
            for name, value in {
                "activities": 1,
                "accepted": bool(a["accepted"]),
                "decided": a["accepted"] is not None,
                "participations": a["participants"] or 0,
                "children": a["children"] or 0,
                "with_children": (a["children"] or 0) > 0,
            }.items():
                counts[name] = counts.get(name, 0) + int(value)
    names = ("activities", "accepted", "decided", "participations", "children", "with_children")
    answer = rows(volunteer_activities(CITY, moment, since, until))
    told = {(r["dimension"], r["member"], r["kind"]): {n: int(r[n]) for n in names} for r in answer}
    assert told == expected
    assert any(row["accepted"] < row["activities"] for row in told.values())
