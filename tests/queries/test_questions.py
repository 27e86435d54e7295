"""Questions to the marts: in a scope, at a moment, and never at odds with one another."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules

import pytest

from closedloop import queries
from closedloop.queries import (
    catalogues,
    closing,
    compare,
    deadlines,
    disputes,
    diversions,
    findings,
    item,
    loading,
    loops,
    metrics,
    reference,
    standing,
    station,
    status,
    trends,
    volunteers,
)
from closedloop.queries.findings import SHOWN, FindingFilter
from closedloop.queries.reading import BUILD, NothingPublished, read, rows
from closedloop.queries.standing import JUDGEMENTS, OpenFilter
from closedloop.ui.asking import BuildChanged, ask
from closedloop.warehouse.scope import Scope

CITY = Scope.city()
HEAD = Scope.of_stations(["S03"])


def _questions():
    for module in iter_modules(queries.__path__, "closedloop.queries."):
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
            public = not name.startswith("_") and function.__module__ == module.name
            if public and "scope" in inspect.signature(function).parameters:
                yield pytest.param(function, id=f"{module.name.rsplit('.', 1)[-1]}.{name}")


@pytest.mark.parametrize("question", list(_questions()))
def test_every_question_asks_for_whom_and_as_of_when_first(question):
    first, second = list(inspect.signature(question).parameters.values())[:2]
    assert (first.name, second.name) == ("scope", "as_of")
    assert first.default is inspect.Parameter.empty
    assert second.default is inspect.Parameter.empty or question is status.published
    assert question.__doc__


def test_a_moment_without_a_time_zone_is_refused(city):
    with pytest.raises(ValueError, match="time zone"):
        standing.standing_counts(CITY, datetime(2025, 4, 25, 8))


def test_before_the_first_build_a_question_says_so(warehouse):
    with pytest.raises(NothingPublished, match="closedloop build"):
        standing.standing_counts(CITY, datetime(2025, 4, 25, tzinfo=UTC))
    with pytest.raises(NothingPublished, match="closedloop build"):
        status.published(CITY)


def _everything(latest):
    """Every question with its arguments, for a scope."""
    since, until = latest - timedelta(days=28), latest
    first, last = since.date(), until.date()
    period = {"since": since, "until": until}
    long = {"since": latest - timedelta(days=700), "until": latest}
    wanted = FindingFilter(new_since=latest - timedelta(days=1), **period)
    return [
        (standing.standing_counts, {}),
        (standing.open_items, {"wanted": OpenFilter()}),
        (standing.judgement_counts, {"wanted": OpenFilter()}),
        (standing.todays_items, {"per_section": 1000}),
        (standing.opened_since, {"since": since}),
        (loops.stage_stock, {}),
        (loops.stage_stock, {"posts": True}),
        (loops.stage_flow, period),
        (loops.closed_in_period, period),
        (loops.missing_stages, period),
        (metrics.catalogue, {}),
        (metrics.metric_course, {"first_day": first, "last_day": last}),
        (metrics.period_medians, {"first_day": first, "last_day": last}),
        (trends.metric_days, {"metric": "open_items", "first_day": first, "last_day": last}),
        (trends.span_medians, {"metric": "minutes_to_arrive", "spans": ((first, last),)}),
        (trends.reported_days, {"metric": "incidents_received"}),
        (trends.metric_dimensions, {"metric": "open_items", "first_day": first, "last_day": last}),
        (trends.campaigns, {"first_day": first, "last_day": last}),
        (trends.spring_festivals, {}),
        (trends.metric_targets, {}),
        (compare.city_figures, {"metric": "non_police_share", "first_day": first, "last_day": last}),
        (compare.period_figures, {"metric": "non_police_share", "first_day": first, "last_day": last}),
        (station.station_facts, {"station": "S03"}),
        (station.station_registers, {"station": "S03", **period}),
        (station.open_findings_by_rule, {"station": "S03"}),
        (catalogues.finding_rules, {}),
        (catalogues.loop_stages, {}),
        (catalogues.policies, {}),
        (loading.freshness, {}),
        (loading.batches, {}),
        (loading.batch_totals, {}),
        (loading.quarantine, {"status": None}),
        (loading.quarantine_reasons, {}),
        (loading.builds, {}),
        (loading.build_tests, {}),
        (reference.names, {}),
        (disputes.found_disputes, long),
        (disputes.after_resolution, long),
        (disputes.dispute_items, {"view": "found", **long}),
        (diversions.sent_diversions, long),
        (diversions.diversion_items, {"view": "sent", **long}),
        (volunteers.serving_volunteers, {"day": last}),
        (volunteers.volunteer_activities, long),
        (volunteers.volunteer_posts, {"day": last, **long}),
        (closing.closing_times, {"cohort": closing.Cohort(**long)}),
        (deadlines.deadlines_ahead, {"wanted": OpenFilter()}),
        (deadlines.deadlines_before, {"since": long["since"]}),
        (findings.finding_rules, {}),
        (findings.finding_counts, {"wanted": wanted}),
        (findings.time_to_mend, {"wanted": wanted}),
        (findings.finding_list, {"wanted": wanted}),
        (findings.reminders, {"wanted": wanted}),
        (findings.working_day_after, {"today": latest.date().isoformat(), "days": 3}),
    ]


def test_every_question_of_a_list_has_an_answer_for_the_city(city, latest):
    for question, arguments in _everything(latest):
        answer = question(CITY, latest, **arguments)
        assert answer.attrs.get(BUILD), question.__name__
        assert len(answer), question.__name__


def test_a_station_is_answered_about_itself_alone(city, latest):
    for question, arguments in _everything(latest):
        answer = question(HEAD, latest, **arguments)
        if "station_id" in answer:
            assert set(answer["station_id"]) <= {"S03"}, question.__name__
        if "dimension" in answer:
            stations = answer.loc[answer["dimension"] == "station", "member"]
            assert set(stations) <= {"S03"}, question.__name__
    names = reference.names(HEAD, latest)
    assert set(names.loc[names["kind"] == "station", "id"]) == {"S03"}
    for question in (loading.batches, loading.batch_totals, loading.build_tests):
        assert question(HEAD, latest).empty, question.__name__


def test_a_campaign_of_another_station_is_not_announced(city, latest):
    period = {"first_day": latest.date() - timedelta(days=90), "last_day": latest.date()}
    assert set(trends.campaigns(CITY, latest, **period)["only_at"].dropna()) == {"S03"}
    assert set(trends.campaigns(HEAD, latest, **period)["only_at"].dropna()) == {"S03"}
    other = trends.campaigns(Scope.of_stations(["S07"]), latest, **period)
    assert len(other) and other["only_at"].isna().all()


def test_a_station_filter_beyond_the_scope_finds_nothing(city, latest):
    assert not standing.standing_counts(CITY, latest, station="S01").empty
    assert standing.standing_counts(HEAD, latest, station="S01").empty
    assert standing.open_items(HEAD, latest, OpenFilter(station="S01")).empty


def test_the_items_of_others_are_not_there_at_all(city, latest):
    with city.connect() as connection:
        (foreign,) = connection.execute(
            "select work_item_id from marts.fct_work_items where station_id = 'S01' limit 1"
        ).fetchone()
    for question in (item.work_item, item.item_events, item.item_states, item.item_targets):
        assert not question(CITY, latest, foreign).empty or question is item.item_targets
        assert question(HEAD, latest, foreign).empty, question.__name__
    assert item.find_items(HEAD, latest, foreign).empty
    assert not item.find_items(CITY, latest, foreign).empty


@pytest.mark.parametrize("days_ago", [0, 1, 9.4, 100])
def test_cards_lists_and_downloads_agree_at_any_moment(city, latest, days_ago):
    moment = latest - timedelta(days=days_ago)
    with city.connect() as connection:
        (open_items,) = connection.execute(
            "select count(*) from marts.fct_loop_stages "
            "where is_open and valid_from <= %(at)s and (valid_to > %(at)s or valid_to is null)",
            {"at": moment},
        ).fetchone()
    counts = standing.standing_counts(CITY, moment)
    listed = standing.open_items(CITY, moment, OpenFilter())
    parts = {r["judgement"]: r["items"] for r in rows(standing.judgement_counts(CITY, moment, OpenFilter()))}
    assert counts["items"].sum() == len(listed) == sum(parts.values()) == open_items > 0
    assert listed["work_item_id"].is_unique
    assert set(parts) <= set(JUDGEMENTS)
    for judgement, items in parts.items():
        wanted = OpenFilter(judgements=(judgement,))
        assert len(standing.open_items(CITY, moment, wanted)) == items
        assert counts.loc[counts["judgement"] == judgement, "items"].sum() == items
    first = {r["section"]: r["section_items"] for r in rows(standing.todays_items(CITY, moment))}
    assert first.get("overdue", 0) == parts.get("overdue", 0)
    assert first.get("due_soon", 0) == parts.get("due_soon", 0)


def test_the_open_list_is_that_of_the_mart_at_its_own_moment(city, latest):
    listed = standing.open_items(CITY, latest, OpenFilter())
    with city.connect() as connection:
        mart = connection.execute(
            "select work_item_id, worst_state = 'overdue' from marts.fct_work_items where is_open"
        ).fetchall()
    assert set(listed["work_item_id"]) == {work_item for work_item, _ in mart}
    overdue = set(listed.loc[listed["judgement"] == "overdue", "work_item_id"])
    assert overdue == {work_item for work_item, late in mart if late}


def test_the_open_list_stands_in_the_order_its_page_names(latest):
    found = rows(standing.open_items(CITY, latest, OpenFilter()))
    day = timedelta(hours=24)
    colours = {"red": 0, "yellow": 1, "blue": 2, None: 3}

    def place(row):
        judgement, due = row["judgement"], row["due_at"]
        colour, when = (
            colours[row["severity"]],
            row["overdue_since"] or due or datetime.max.replace(tzinfo=UTC),
        )
        if judgement in ("overdue", "unknown"):
            return ("overdue", "due_soon", "unknown").index(judgement), 0, colour, when
        if judgement == "due_soon":
            return 1, 0, 0, when
        if judgement == "running" and due <= latest + day:
            return 3, 0, 0, when
        return 4, JUDGEMENTS.index(judgement), colour, when

    places = [place(row) for row in found]
    assert places == sorted(places)
    soon = [row for row in found if row["judgement"] == "due_soon"]
    assert len({row["severity"] for row in soon}) > 1, "one colour alone cannot show that the hour leads"
    assert {0, 1, 4} <= {first for first, *_ in places}


@pytest.mark.parametrize(
    ("wanted", "column", "value"),
    [
        (OpenFilter(loops=("directive",)), "loop", "directive"),
        (OpenFilter(severities=("red",)), "severity", "red"),
        (OpenFilter(holders=("department",)), "holder_kind", "department"),
        (OpenFilter(station="S05"), "station_id", "S05"),
        (OpenFilter(target="directive:handle"), "target", "handle"),
        (OpenFilter(stages=("directive:dispatch",)), "stage", "dispatch"),
        (OpenFilter(returned=True), "is_returned", True),
    ],
)
def test_a_filter_keeps_what_it_names_and_nothing_else(city, latest, wanted, column, value):
    everything = standing.open_items(CITY, latest, OpenFilter())
    kept = standing.open_items(CITY, latest, wanted)
    assert set(kept[column]) == {value}
    if column != "target":
        expected = everything[everything[column] == value]
        if wanted.stages:
            expected = expected[expected["loop"] == "directive"]
        assert set(kept["work_item_id"]) == set(expected["work_item_id"])


def test_a_filter_of_opening_and_of_stations_keeps_what_it_names_and_nothing_else(city, latest):
    everything = standing.open_items(CITY, latest, OpenFilter())
    since, until = (
        everything["opened_at"].sort_values().iloc[len(everything) * part // 4] for part in (1, 3)
    )
    wanted = OpenFilter(stations=("S03", "S05"), opened_from=since, opened_until=until)
    kept = standing.open_items(CITY, latest, wanted)
    opened, station = everything["opened_at"], everything["station_id"]
    expected = everything[(opened >= since) & (opened < until) & station.isin(["S03", "S05"])]
    assert 0 < len(kept) < len(everything)
    assert kept["work_item_id"].tolist() == expected["work_item_id"].tolist()
    counted = standing.judgement_counts(CITY, latest, wanted)
    assert counted["items"].sum() == len(kept)
    assert until in set(everything["opened_at"]), "an item at the very end shows that the end is left out"


def test_hostile_values_are_values(city, latest):
    for nasty in ("'; drop table marts.fct_work_items; --", "\\", "%", "S01,S02", "*", "☃" * 1000):
        assert standing.open_items(CITY, latest, OpenFilter(station=nasty)).empty
        assert standing.open_items(CITY, latest, OpenFilter(loops=(nasty,), target=nasty)).empty
        assert item.work_item(CITY, latest, nasty).empty
        assert item.find_items(CITY, latest, nasty).empty


def test_a_page_cannot_write(city, latest):
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError):
        read(CITY, latest, "delete from marts.fct_work_items")


def test_one_scope_is_never_answered_with_the_rows_of_another(city, latest):
    build = status.published(CITY).build_id
    wide = ask(standing.standing_counts, CITY, latest, build)
    for _ in range(2):
        narrow = ask(standing.standing_counts, HEAD, latest, build)
        assert set(narrow["station_id"]) == {"S03"}
        assert set(ask(standing.standing_counts, CITY, latest, build)["station_id"]) > {"S03"}
    assert len(wide) > len(narrow)


def test_an_answer_of_another_build_is_not_shown_as_of_this_one(city, latest):
    build = status.published(CITY).build_id
    with pytest.raises(BuildChanged):
        ask(standing.judgement_counts, CITY, latest, build + 1, wanted=OpenFilter())


@pytest.mark.parametrize("days_ago", [0, 60])
def test_counts_lists_and_parts_of_findings_agree_at_any_moment(city, latest, days_ago):
    moment = latest - timedelta(days=days_ago)
    period = {"since": moment - timedelta(days=28), "until": moment}
    wanted = FindingFilter(new_since=moment - timedelta(days=1), **period)
    counts = rows(findings.finding_counts(CITY, moment, wanted))
    columns = {
        "open": "open_findings",
        "recent": "recent_findings",
        "new": "new_findings",
        "mended": "mended_in_period",
        "found": "found_in_period",
    }
    for shown in SHOWN:
        listed = rows(findings.finding_list(CITY, moment, replace(wanted, shown=shown), row_limit=100_000))
        if shown == "older":
            expected = sum(row["open_findings"] - row["recent_findings"] for row in counts)
        else:
            expected = sum(row[columns[shown]] for row in counts)
        assert len(listed) == expected, shown
        assert all(row["found_at"] <= moment for row in listed)
        assert all(row["mended_at"] is None or row["mended_at"] <= moment for row in listed)
    assert sum(row["open_findings"] for row in counts) > 0
    reminded = rows(findings.reminders(CITY, moment, wanted))
    for row in reminded:
        (count,) = [
            (c["recent_findings"], c["open_findings"] - c["recent_findings"], c["kind"])
            for c in counts
            if (c["station_id"], c["rule_id"], c["charged_to"])
            == (row["station_id"], row["rule_id"], "station")
        ]
        recent, older, kind = count
        assert (row["findings"], row["older_findings"]) == (recent, older) and kind != "review"
        assert recent + older > 0 and row["new_findings"] <= recent
        assert bool(recent) == (row["numbers"] is not None and len(row["numbers"]) > 0)


def test_an_item_tells_its_findings_to_whoever_may_see_them(city, latest):
    period = {"since": latest - timedelta(days=28), "until": latest}
    wanted = FindingFilter(new_since=latest - timedelta(days=1), **period)
    listed = [row for row in rows(findings.finding_list(CITY, latest, wanted)) if row["work_item_id"]]
    by_item = {row["work_item_id"]: row for row in listed}
    assert by_item
    for number, row in list(by_item.items())[:10]:
        of_item = {
            found["finding_id"]: found for found in rows(findings.findings_of_item(CITY, latest, number))
        }
        assert of_item[row["finding_id"]]["rule_id"] == row["rule_id"]
        before = rows(findings.findings_of_item(CITY, row["found_at"] - timedelta(seconds=1), number))
        assert row["finding_id"] not in {found["finding_id"] for found in before}
        seen = rows(findings.findings_of_item(HEAD, latest, number))
        assert {found["station_id"] for found in seen} <= {"S03"}
        assert (row["station_id"] == "S03") == (row["finding_id"] in {f["finding_id"] for f in seen})


def test_a_reminder_gives_working_days(city, latest):
    # 1 to 5 May 2025 are off; Sunday 27 April is worked.
    for today, day in (("2025-04-25", "2025-04-29"), ("2025-04-29", "2025-05-07"), ("2026-12-30", None)):
        found = rows(findings.working_day_after(CITY, latest, today, 3))
        assert [row["mend_by"].isoformat() for row in found] == ([day] if day else [])
