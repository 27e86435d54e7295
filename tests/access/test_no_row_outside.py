"""Random scopes, every relation, every question, hostile filters: nothing of another station, and no figure
that would change if the other stations were not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from closedloop import warehouse as product
from closedloop.warehouse import Scope
from tests.access.marts import declared
from tests.access.questions import PUBLISHED, Known, Question, arguments, fair, never_asked, questions
from tests.servers import Warehouse

#: ``make security`` asks more.
EXAMPLES = int(os.environ.get("SECURITY_EXAMPLES", "5"))
OURS = ("S03", "S07")
STATIONS = sorted(name for name, scope in declared().items() if scope in ("station", "place", "totals"))


@pytest.fixture(scope="module")
def lonely(city: Warehouse, make_warehouse) -> Warehouse:
    """The city as if only our stations had ever been in it."""
    made = make_warehouse(of=city)
    with made.connect("owner") as connection:
        for relation in STATIONS:
            connection.execute(
                sql.SQL("delete from marts.{} where station_id is null or station_id <> all (%s)").format(
                    sql.Identifier(relation)
                ),
                [list(OURS)],
            )
        connection.execute("delete from marts.city_metric_daily")
    return made


@pytest.fixture(scope="module")
def known(city: Warehouse) -> Known:
    """What there is to ask about: of another station first, which nobody may be told of, then of ours."""
    with city.connect("owner") as connection:
        items = connection.execute(
            "select distinct on (station_id, loop) work_item_id, item_id from marts.fct_work_items "
            "join (select distinct work_item_id from marts.fct_item_links) as linked using (work_item_id) "
            "where station_id in ('S01', 'S03', 'S07', 'UNASSIGNED') "
            "order by station_id, loop, work_item_id in (select work_item_id from marts.fct_findings) desc, "
            "work_item_id desc"
        ).fetchall()
        places = connection.execute(
            "select place_id from marts.dim_places where station_id = any (%s) "
            "order by station_id, place_id in (select place_id from marts.fct_place_actions "
            "where source_table = 'directives' and opened_at > timestamptz '2024-06-01') desc, calls desc",
            [["S01", *OURS]],
        ).fetchall()
        latest = connection.execute("select default_as_of from marts.ops_status").fetchone()[0]
        warned = connection.execute(
            "select max(judged_on) from marts.fct_place_days where not station_id = any (%s)", [list(OURS)]
        ).fetchone()[0]
    return Known(
        ("S01", *OURS),
        tuple(item for item, _ in items),
        tuple(number for _, number in items),
        tuple(place for (place,) in places),
        latest,
        warned,
    )


def _plain(value: object) -> object:
    return f"{value:.9g}" if isinstance(value, float) else repr(value)


def _answer(house: Warehouse, question: Question, scope: Scope, as_of: datetime, asked: dict):
    with house.in_environment():
        try:
            frame = question.ask(scope, as_of, **asked)
        except (KeyError, ValueError) as refusal:
            # A view or a name that is none; said before anything is asked.
            return type(refusal).__name__, None
        except DBAPIError as error:
            assert isinstance(error.orig, psycopg.errors.DataError), error
            return type(error.orig).__name__, None
    if not hasattr(frame, "itertuples"):
        return frame, None
    return sorted([_plain(cell) for cell in row] for row in frame.itertuples(index=False, name=None)), frame


def _first_difference(here: object, there: object) -> str:
    if isinstance(here, list) and isinstance(there, list):
        found = next((pair for pair in zip(here, there, strict=False) if pair[0] != pair[1]), "one is longer")
        return f"{len(here)} rows, {len(there)} rows; {found}"[:2000]
    return f"{here} {there}"[:2000]


def _ask(question: Question, house: Warehouse, lonely: Warehouse, known: Known, phases) -> None:
    """Ask a question of both as a page would, and in random scopes with anything at all. Raises
    AssertionError when another station is shown, or felt.
    """
    latest = known.latest
    since, until = datetime(2024, 6, 1), latest.replace(tzinfo=None)
    moments = st.datetimes(min_value=since, max_value=until, timezones=st.just(latest.tzinfo))
    scopes = st.sets(st.sampled_from([*OURS, "S99"]), min_size=1).map(Scope.of_stations)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=phases,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        scope=scopes | st.just(Scope.nowhere("auditor")),
        as_of=st.just(latest) | moments,
        asked=arguments(question, known),
    )  # fmt: skip
    @example(scope=Scope.of_stations(OURS), as_of=latest, asked=fair(question, known))
    def ask(scope: Scope, as_of: datetime, asked: dict) -> None:
        here, frame = _answer(house, question, scope, as_of, asked)
        published = question.ask.__name__ in PUBLISHED
        if frame is not None and "station_id" in frame.columns and not published:
            assert set(frame["station_id"].dropna()) <= (set() if scope.stations == "-" else scope.stations)
        if not published:
            there, _ = _answer(lonely, question, scope, as_of, asked)
            # Said shortly: the two answers may be thousands of rows.
            unmoved = here == there
            assert unmoved, f"{question} {asked}: {_first_difference(here, there)}"

    ask()


@pytest.mark.parametrize("question", questions(), ids=str)
def test_no_question_shows_or_feels_another_station(question, city, lonely, known):
    _ask(question, city, lonely, known, [Phase.explicit, Phase.generate])


def test_every_function_that_a_page_can_call_is_a_question():
    """One with other first parameters than (scope, as_of) would be asked by nobody here."""
    assert len(questions()) > 60
    # What only turns a filter into parameters of a question, or writes a condition of one.
    assert never_asked() == [
        "findings.FindingFilter.params",
        "standing.open_between",
        "standing.OpenFilter.params",
    ]


#: Answers that hold nothing of any station: reference data, loads, builds.
WITHOUT_STATIONS = {
    "catalogues.finding_rules",
    "catalogues.loop_stages",
    "catalogues.policies",
    "findings.finding_rules",
    "findings.working_day_after",
    "loading.batch_totals",
    "loading.batches",
    "loading.build_tests",
    "loading.builds",
    "metrics.catalogue",
    "status.published",
    "trends.campaigns",
    "trends.metric_dimensions",
    "trends.metric_targets",
    "trends.spring_festivals",
}


@pytest.fixture(scope="module")
def opened(city: Warehouse, make_warehouse) -> Warehouse:
    """The city with every policy of a station's rows forgotten."""
    made = make_warehouse(of=city)
    with made.connect("owner") as connection:
        for relation in STATIONS:
            connection.execute(
                sql.SQL("alter policy scope on marts.{} using (true)").format(sql.Identifier(relation))
            )
    return made


def test_these_tests_turn_red_when_policies_are_forgotten(opened, lonely, known):
    """Whatever each question looks at, a policy hides something from it that the question would show."""
    unmoved = set()
    for question in questions():
        if question.ask.__name__ in PUBLISHED:
            continue
        try:
            _ask(question, opened, lonely, known, [Phase.explicit])
        except AssertionError:
            continue
        unmoved.add(question.name)
    assert sorted(unmoved - WITHOUT_STATIONS) == []
    assert sorted(WITHOUT_STATIONS - unmoved) == []


def test_every_relation_holds_rows_that_only_its_policy_hides(city, opened):
    with opened.connect("reader") as reader, city.connect("owner") as owner:
        reader.execute("set local closedloop.stations = 'S03'")
        for relation in STATIONS:
            count = sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
            others = sql.SQL("{} where station_id is distinct from 'S03'").format(count)
            assert owner.execute(others).fetchone() > (0,), relation
            assert reader.execute(count).fetchone() == owner.execute(count).fetchone(), relation


@pytest.mark.parametrize(
    "setting", ["S03", "S07,S03", "-", "S99", "S0", "s03", "S03 ", "%", "UNASSIGNED ", None]
)
def test_no_relation_shows_another_station(setting, city):
    seen = set((setting or "").split(",")) & {*OURS}
    with city.connect("owner") as owner, city.connect("reader") as reader:
        if setting is not None:
            reader.execute(sql.SQL("set local closedloop.stations = {}").format(sql.Literal(setting)))
        for relation, scope in declared().items():
            count = sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
            shown = reader.execute(count).fetchone()[0]
            if scope == "any":
                expected = owner.execute(count).fetchone()[0] if setting is not None else 0
            elif scope == "city":
                expected = 0
            else:
                # Without a role nobody is told of a home with few calls, not even at its station.
                homes = " and not is_small_home" if scope == "place" else ""
                mine = sql.SQL("{} where station_id = any (%s)" + homes).format(count)
                expected = owner.execute(mine, [list(seen)]).fetchone()[0]
            assert shown == expected, relation


def test_the_city_sees_everything_and_our_stations_are_not_all_of_it(city, lonely):
    with city.connect("owner") as owner, city.connect("reader") as reader, lonely.connect("owner") as alone:
        reader.execute("set local closedloop.stations = '*'")
        reader.execute("set local closedloop.role = 'leadership'")
        for relation in declared():
            count = sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
            assert reader.execute(count).fetchone() == owner.execute(count).fetchone(), relation
        for relation in ("fct_work_items", "fct_metric_daily", "fct_item_events"):
            count = sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
            ours, everybodys = (c.execute(count).fetchone()[0] for c in (alone, owner))
            assert 0 < ours < everybodys, relation


def test_what_is_published_of_the_city_names_no_station(city):
    with city.connect("reader") as reader:
        reader.execute("set local closedloop.stations = 'S03'")
        cursor = reader.execute("select * from marts.city_metric_daily")
        rows = cursor.fetchall()
        columns = [column.name for column in cursor.description]
    assert rows and columns == ["metric_id", "metric_date", "stations", "numerator", "denominator"]
    assert min(row[2] for row in rows) >= 5
    assert min(row[4] if row[4] is not None else row[3] for row in rows) >= 10


@pytest.fixture(autouse=True)
def engines() -> Iterator[None]:
    yield
    product.dispose_engines()
