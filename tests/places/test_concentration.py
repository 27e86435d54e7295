"""How calls gather at few places: what is rolled up is what counting finds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from itertools import product

import pytest

from closedloop.queries.places import _COMPARED, _COUNTED, PlaceFilter, concentration, place_types
from closedloop.queries.reading import read
from closedloop.queries.status import published
from closedloop.warehouse import Scope
from tests.oracle.stories import SHANGHAI
from tests.servers import Warehouse

SCOPES = (Scope.city("leadership"), Scope.city("analyst"), Scope.of_stations(["S03"], "station_head"))


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.role)
def test_the_rollup_says_what_counting_says(city: Warehouse, scope: Scope) -> None:
    with city.in_environment():
        latest = published(scope).default_as_of
        midnight = latest.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        types = (None, place_types(scope, latest)["place_type"].iloc[0])
        seen = set()
        for station, category, kind in product((None, "S03", "S05"), (None, "dispute"), types):
            wanted = PlaceFilter(station, category, kind)
            counted = read(
                scope, latest, _COUNTED + _COMPARED, {"judged_at": midnight, **asdict(wanted)}
            ).to_dict("records")
            assert concentration(scope, latest, midnight, wanted).to_dict("records") == counted, wanted
            seen.add(counted[0]["half_of_calls"])
        assert len(seen) > 3


def test_half_of_the_calls_come_from_the_fewest_places_that_make_it_up(city: Warehouse) -> None:
    """Also on a day that nothing was rolled up for, place by place."""
    scope = Scope.city("leadership")
    with city.in_environment():
        latest = published(scope).default_as_of
        midnight = latest.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (midnight, midnight - timedelta(days=40)):
            (told,) = concentration(scope, day, day, PlaceFilter()).to_dict("records")
            with city.connect("owner") as connection:
                rows = connection.execute(
                    "select count(*) from marts.fct_place_calls where not is_merged and received_at < %(t)s "
                    "and received_at >= %(t)s - interval '364 days' "
                    "and (withdrawn_at is null or withdrawn_at >= %(t)s) group by place_id order by 1 desc",
                    {"t": day},
                ).fetchall()
            calls = [count for (count,) in rows]
            fewest = next(n for n in range(1, len(calls) + 1) if 2 * sum(calls[:n]) >= sum(calls))
            assert (told["places"], told["calls"], told["half_of_calls"]) == (len(calls), sum(calls), fewest)
