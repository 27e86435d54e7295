"""A wall display hangs where anybody may look: counts by station, and no row about an item or a person."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from closedloop import warehouse as product
from closedloop.access import Grant
from closedloop.warehouse import Scope
from closedloop.warehouse.scope import scope_statements
from tests.access.marts import declared

TOTALS = sorted(name for name, scope in declared().items() if scope == "totals")
CLOSED = sorted(name for name, scope in declared().items() if scope not in ("totals", "any"))
#: What a row about one item, place, post or person would carry.
TELLING = ("item", "place", "post", "title", "source_no", "measures", "squad", "reporter", "summary", "text")


def _stations(reader: psycopg.Connection, scope: Scope, relation: str) -> set[str]:
    reader.rollback()
    for statement in scope_statements(scope):
        reader.execute(statement)
    rows = reader.execute(sql.SQL("select * from marts.{}").format(sql.Identifier(relation)))
    at = [column.name for column in rows.description].index("station_id")
    return {row[at] for row in rows}


def _counted(reader: psycopg.Connection, scope: Scope, relation: str) -> int:
    reader.rollback()
    for statement in scope_statements(scope):
        reader.execute(statement)
    return reader.execute(
        sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
    ).fetchone()[0]


@pytest.mark.parametrize(
    "scope", [Scope.wall("*"), Scope.wall(["S03", "S07"], "B01")], ids=["everywhere", "two"]
)
def test_a_wall_sees_no_row_of_an_item(scope, city):
    with city.connect("reader") as reader:
        assert {name: n for name in CLOSED if (n := _counted(reader, scope, name))} == {}
        assert _counted(reader, Scope.city(), "fct_work_items") > 0


@pytest.mark.parametrize("relation", TOTALS)
def test_a_wall_sees_the_counts_of_its_own_stations_only(relation, city):
    with city.connect("reader") as reader:
        assert _stations(reader, Scope.wall(["S03", "S07"], "B01"), relation) == {"S03", "S07"}
        assert _stations(reader, Scope.wall("*"), relation) == _stations(reader, Scope.city(), relation)
        # And a setting for walls opens nothing for somebody at a station.
        assert _stations(reader, Scope.of_stations(["S03"]), relation) == {"S03"}


def test_what_a_wall_may_read_has_no_column_about_an_item(city):
    with city.connect("reader") as reader:
        for relation in TOTALS:
            columns = reader.execute(
                "select column_name from information_schema.columns "
                "where table_schema = 'marts' and table_name = %s and data_type <> 'bigint'",
                [relation],
            ).fetchall()
            assert columns
            assert [name for (name,) in columns if any(word in name for word in TELLING)] == []
    assert TOTALS == ["dim_stations", "fct_metric_daily", "ops_coverage", "rollup_loop_daily"]


def test_a_wall_is_told_of_no_category(city):
    with city.connect("reader") as reader:
        for statement in scope_statements(Scope.wall("*")):
            reader.execute(statement)
        shown = reader.execute("select distinct dimension from marts.fct_metric_daily").fetchall()
    with city.connect("owner") as owner:
        there = owner.execute("select distinct dimension from marts.fct_metric_daily").fetchall()
    assert {row[0] for row in shown} == {"", "loop", "severity"}
    assert ("category",) in there


def test_the_grant_of_a_wall_gives_counts_and_nothing_else():
    assert Grant("wall").scope() == Scope.wall("*")
    assert Grant("wall", "B01", ("S03",)).scope() == Scope.wall(["S03"], "B01")
    # A bureau without stations shows nothing, not everything.
    assert Grant("wall", "B01", ()).scope() is None
    assert not Scope.wall("*").sees_cases and not Scope.wall("*").sees_all


@pytest.mark.parametrize("stations", [[], ["UNASSIGNED"], ["S03' or '1'='1"], ["S01,S02"]])
def test_a_wall_of_no_such_station_is_refused(stations):
    with pytest.raises(product.ScopeError):
        Scope.wall(stations)
