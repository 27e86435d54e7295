"""When there is nothing to show, or something older than it should be, pages say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from closedloop.queries.status import Published
from closedloop.ui.freshness import passed_text, stale_for
from closedloop.ui.language import texts_for
from tests.servers import Warehouse
from tests.ui.conftest import serving
from tests.ui.streaming import sent, sign_in

pytestmark = pytest.mark.browser


def test_before_the_first_build_a_page_says_what_to_do_and_retries(make_warehouse, visit, tmp_path):
    empty = make_warehouse()
    with serving(empty, tmp_path) as site:
        page = visit(locale="en-US", to=site).open("open")
        expect(page.get_by_role("heading", name="Nothing has been published yet")).to_be_visible()
        expect(page.get_by_text("python -m closedloop build")).to_be_visible()


def test_without_a_warehouse_a_page_says_so_and_shows_no_stack_trace(make_warehouse, city, visit, tmp_path):
    made = make_warehouse(of=city)
    away = f"{made.database}_away"
    with serving(made, tmp_path) as site:
        _rename(city, made.database, away)
        try:
            page = visit(to=site).open("")
            expect(page.get_by_role("heading", name="数据仓库无应答")).to_be_visible()
            assert "Traceback" not in page.inner_text("body")
        finally:
            _rename(city, away, made.database)
        # The warehouse is back: the page finds it by itself.
        expect(page.locator("button[name=who]").first).to_be_visible()


def _rename(city: Warehouse, database: str, to: str) -> None:
    with city.server.admin() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,)
        )
        connection.execute(f'alter database "{database}" rename to "{to}"')


def test_after_a_failed_build_the_older_figures_stay_and_say_since_when(
    make_warehouse, city, visit, tmp_path
):
    made = make_warehouse(of=city)
    with serving(made, tmp_path) as site:
        visitor = visit(locale="en-US", to=site)
        page = visitor.sign_in("leadership")
        expect(page.get_by_text("Figures are not up to date")).to_have_count(0)
        before = page.locator(".st-key-card_overdue .cl-value").inner_text()
        with made.connect() as connection:
            connection.execute(
                "insert into ops.builds (status, stage_failed, message, finished_at) "
                "values ('failed', 'test', 'not_null_fct_work_items_title', now())"
            )
            connection.commit()
        visitor.open()
        expect(page.get_by_text("Figures are not up to date")).to_be_visible()
        expect(page.get_by_text("failed at the tests of its data")).to_be_visible()
        assert page.locator(".st-key-card_overdue .cl-value").inner_text() == before
        received = sent(site.url, "data", "", sign_in(site.url, "leadership"))
        assert b"not_null_fct_work_items_title" in received


def test_a_warehouse_that_is_not_the_demo_signs_nobody_in(make_warehouse, city, visit, tmp_path):
    made = make_warehouse(of=city)
    with made.connect() as connection:
        connection.execute("update marts.ops_status set demo = false")
        connection.commit()
    with serving(made, tmp_path) as site:
        page = visit(locale="en-US", to=site).open("open")
        expect(page.get_by_text("Nobody can sign in here yet")).to_be_visible()
        expect(page.locator("button[name=who]")).to_have_count(0)


@pytest.mark.parametrize(("hours", "is_stale"), [(25.9, False), (26, False), (26.1, True)])
def test_data_is_stale_when_more_than_the_hours_set_have_passed(hours, is_stale):
    known = datetime(2025, 4, 25, 8, tzinfo=UTC)
    published = Published(
        build_id=1,
        built_at=known,
        default_as_of=known,
        demo=False,
        time_zone="Asia/Shanghai",
        tests=1,
        tests_failed=0,
    )
    now = known + timedelta(hours=hours)
    assert (stale_for(published, now, 26) is not None) == is_stale
    assert stale_for(replace(published, demo=True), now, 26) is None, "the demo's day is fixed"


def test_tests_that_failed_are_not_called_passed():
    known = datetime(2025, 4, 25, 8, tzinfo=UTC)
    published = Published(1, known, known, True, "Asia/Shanghai", tests=178, tests_failed=2)
    assert passed_text(texts_for("en", ZoneInfo("Asia/Shanghai")), published) == "176 of 178 tests passed"
