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
