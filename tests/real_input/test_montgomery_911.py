"""99,492 emergency calls of an American county: what was counted from the file, the marts count too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.real_input.conftest import Loaded, require

require("montgomery_911.zip")

pytestmark = pytest.mark.real_input


@pytest.fixture(scope="module")
def montgomery(load_and_build: Callable[..., Loaded]) -> Loaded:
    return load_and_build("incidents", "montgomery_911.zip", "montgomery_911.yml", "America/New_York")


def test_every_call_has_its_type(montgomery: Loaded) -> None:
    assert montgomery.ask(
        "select initial_type, count(*) from marts.fct_incidents group by initial_type order by count(*) desc"
    ) == [("EMS", 48_877), ("Traffic", 35_695), ("Fire", 14_920)]
    assert montgomery.ask("select count(*), count(distinct final_type) from marts.fct_incidents") == [
        (99_492, 110)
    ]


def test_townships_are_stations_and_blank_ones_belong_to_nobody(montgomery: Loaded) -> None:
    assert montgomery.ask(
        """
        select s.name_en, count(*)
        from marts.fct_incidents as i
        join marts.dim_stations as s on s.station_id = i.station_id
        group by s.name_en order by count(*) desc limit 3
        """
    ) == [("LOWER MERION", 8_443), ("ABINGTON", 5_977), ("NORRISTOWN", 5_890)]
    assert montgomery.ask("select count(*) from marts.fct_incidents where station_id = 'UNASSIGNED'") == [
        (43,)
    ]


def test_a_call_is_one_work_item_whose_loop_ends_at_reception(montgomery: Loaded) -> None:
    assert montgomery.ask(
        """
        select stage, status, count(*) from marts.fct_loop_stages
        where valid_to is null
        group by stage, status
        """
    ) == [("receive", "closed", 99_492)]
    assert montgomery.ask(
        "select count(*) filter (where is_open), count(*) filter (where closed_at = opened_at), "
        "count(*) filter (where missing_stages <> '{}') from marts.fct_work_items"
    ) == [(0, 99_492, 0)]
    assert montgomery.ask("select count(*) from marts.fct_sla_targets") == [(0,)]


MONTHS = [
    ("2015-12", 7_969),
    ("2016-01", 13_205),
    ("2016-02", 11_467),
    ("2016-03", 11_101),
    ("2016-04", 11_326),
    ("2016-05", 11_423),
    ("2016-06", 11_786),
    ("2016-07", 12_137),
    ("2016-08", 9_078),
]


def test_calls_fall_into_their_local_months(montgomery: Loaded) -> None:
    assert (
        montgomery.ask(
            """
        select to_char(received_at at time zone 'America/New_York', 'YYYY-MM') as month, count(*)
        from marts.fct_incidents group by month order by month
        """
        )
        == MONTHS
    )


def test_the_metric_of_calls_adds_up_to_the_same_months(montgomery: Loaded) -> None:
    """The file ends in the middle of 24 August: that day has no figure yet, and no zero."""
    metric = "from marts.fct_metric_daily where metric_id = 'incidents_received' and dimension = ''"
    assert montgomery.ask(f"select max(metric_date) {metric}") == [(date(2016, 8, 23),)]
    ((last_day,),) = montgomery.ask(
        "select count(*) from marts.fct_incidents where received_at >= '2016-08-24 00:00 America/New_York'"
    )
    months = montgomery.ask(
        f"select to_char(metric_date, 'YYYY-MM'), sum(numerator) {metric} group by 1 order by 1"
    )
    assert months == [*MONTHS[:-1], ("2016-08", 9_078 - last_day)]


def test_blanks_stay_blank(montgomery: Loaded) -> None:
    assert montgomery.ask("select count(*) from marts.fct_incidents where place_key is null") == [(519,)]
    assert montgomery.ask(
        r"select count(*) from marts.fct_incidents where place is null or place !~ '\d{5}$'"
    ) == [(12_855,)]


def test_coordinates_outside_the_area_are_kept_as_they_are(montgomery: Loaded) -> None:
    assert montgomery.ask(
        """
        select count(*) from marts.fct_incidents
        where not (lat between 39.5 and 41 and lon between -76.5 and -74.5)
        """
    ) == [(15,)]


def test_repeats_stay_apart(montgomery: Loaded) -> None:
    """980 calls repeat another in time, address and title; each is an item of its own."""
    assert montgomery.ask(
        """
        select
            count(*)
            - count(distinct (received_at, coalesce(split_part(place_key, '|', 2), ''), final_type))
        from marts.fct_incidents
        """
    ) == [(980,)]
    assert montgomery.ask("select count(distinct work_item_id) from marts.fct_work_items") == [(99_492,)]


def _places_that_reach(montgomery: Loaded, least: int) -> int:
    ((places,),) = montgomery.ask(
        "select count(distinct place_id) from marts.fct_place_windows where category = 'all' and "
        "calls >= :least",
        least=least,
    )
    return places


def test_repeat_places_by_the_key_as_the_file_writes_it(montgomery: Loaded) -> None:
    """Township and address in upper case; the window is (t - 30 d, t]."""
    assert montgomery.ask(
        """
        with calls as (
            select
                place_key,
                count(*) over (
                    partition by place_key order by received_at at time zone 'America/New_York'
                    range between interval '29 days 23:59:59.999999' preceding and current row
                ) as in_window
            from marts.fct_incidents
            where place_key is not null
        ),
        places as (select place_key, count(*) as calls, max(in_window) as most from calls group by place_key)
        select
            sum(calls), count(*), count(*) filter (where most >= 3),
            count(*) filter (where most >= 5), count(*) filter (where most >= 10)
        from places
        """
    ) == [(98_973, 23_123, 4_527, 1_443, 301)]


def test_repeat_places_once_a_crossing_is_the_same_from_either_side(montgomery: Loaded) -> None:
    assert montgomery.ask("select count(*), sum(calls) from marts.dim_places") == [(19_346, 98_973)]
    assert [_places_that_reach(montgomery, least) for least in (3, 5, 10)] == [4_713, 1_622, 336]


def test_the_hottest_place_at_the_last_call(montgomery: Loaded) -> None:
    assert montgomery.ask(
        """
        select p.place_key, w.calls
        from marts.fct_place_windows as w
        join marts.dim_places as p on p.place_id = w.place_id
        where
            w.category = 'all'
            and w.valid_from <= '2016-08-24 11:17:02 America/New_York'
            and (w.valid_to is null or w.valid_to > '2016-08-24 11:17:02 America/New_York')
        order by w.calls desc limit 1
        """
    ) == [("lower providence|shannondell blvd & shannondell dr", 105)]


def test_warnings_of_the_county_are_few(montgomery: Loaded) -> None:
    """3 calls in 30 days name thousands of places in eight months; what is beyond its own usual, few."""
    ((warned, at),) = montgomery.ask("select count(*), count(distinct place_id) from marts.fct_warnings")
    assert 0 < at <= warned
    print(f"{warned} warnings at {at} places")
    assert at * 5 < _places_that_reach(montgomery, 3)
