"""Analysts load files on the Data page: seen first, written on a click. Nobody else does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from closedloop.ui import upload
from closedloop.ui.identity import DEMO_IDENTITIES, may_upload
from closedloop.warehouse import locks
from tests.intake.files.make import FOLDER, HEADER, text
from tests.ui.conftest import serving


@pytest.fixture(scope="module")
def own_site(city, make_warehouse, tmp_path_factory):
    """A page server whose warehouse may be written to."""
    with serving(make_warehouse(of=city), tmp_path_factory.mktemp("upload")) as running:
        yield running


def raw(site, what: str = "count(*)", where: str = "true"):
    with site.warehouse.connect("owner") as connection:
        return connection.execute(f"select {what} from raw.incidents where {where}").fetchall()


@pytest.mark.browser
def test_an_analyst_sees_what_becomes_of_a_file_and_loads_it(own_site, visit):
    visitor = visit(locale="en-US", to=own_site)
    page = visitor.sign_in("analyst", "data")
    before = raw(own_site)
    page.locator("input[type=file]").set_input_files(FOLDER / "persons.csv")
    expect(page.get_by_text("2 rows read, 1 good, 0 repeated, 1 for quarantine")).to_be_visible()
    visitor.settled()
    assert raw(own_site) == before, "a preview wrote"
    page.get_by_text("What becomes of each column").click()
    visitor.settled()
    page.get_by_role("button", name="Load this file").click()
    expect(
        page.get_by_text("2 read = 1 accepted + 0 unchanged + 1 in quarantine; 0 withdrawn")
    ).to_be_visible()
    visitor.settled()
    assert raw(own_site, "place, reporter_key like 'p1-%'", "incident_id = 'A1'") == [
        ("姜山路1号，电话 [电话]", True)
    ]
    for secret in ("张三", "李四", "13912345678", "139-1234-5678"):
        assert secret not in page.content()
    # Again, by somebody who forgot: nothing changes, and the page says so.
    again = visit(locale="zh-CN", to=own_site)
    page = again.sign_in("analyst", "data")
    page.locator("input[type=file]").set_input_files(FOLDER / "persons.csv")
    page.get_by_role("button", name="导入该文件").click()
    expect(page.get_by_text("该文件没有带来变化")).to_be_visible()
    # A file with fewer columns is told, before it is loaded, that known rows keep what it does not say.
    fewer = text([HEADER[:3], ["A1", "S01", "2025-04-25 08:30:00"]])
    page.locator("input[type=file]").set_input_files(
        {"name": "incidents.csv", "mimeType": "text/csv", "buffer": fewer}
    )
    expect(page.get_by_text("1 条已有记录保留原值")).to_be_visible()
    assert visitor.errors == again.errors == []


@pytest.mark.browser
def test_a_bad_file_gets_its_sentence_and_a_foreign_one_a_draft(own_site, visit):
    visitor = visit(locale="zh-CN", to=own_site)
    page = visitor.sign_in("analyst", "data")
    page.locator("input[type=file]").set_input_files(FOLDER / "lost_digits.xlsx")
    expect(page.get_by_text("第 4 行：“警情编号”以数字格式保存且超过 15 位")).to_be_visible()
    expect(page.get_by_role("button", name="导入该文件")).to_have_count(0)
    foreign = text(
        [["报警单号", "报警时间", "管辖单位"], ["F1", "2025/4/25 上午8:30", "S01"]], encoding="gb18030"
    )
    page.locator("input[type=file]").set_input_files(
        {"name": "导出.xls", "mimeType": "application/vnd.ms-excel", "buffer": foreign}
    )
    expect(page.locator("textarea")).to_have_value(re.compile("incident_id: 报警单号"))
    expect(page.get_by_text("读取 1 行，有效 1 行")).to_be_visible()
    page.get_by_role("button", name="导入该文件").click()
    expect(page.get_by_text("下次构建后页面即显示新数据")).to_be_visible()
    assert raw(own_site, "station_id", "incident_id = 'F1'") == [("S01",)]


@pytest.mark.browser
def test_a_full_extract_says_what_it_would_withdraw_before_it_is_loaded(own_site, visit):
    page = visit(locale="zh-CN", to=own_site).sign_in("analyst", "data")
    standing = "is_current and not retracted"
    (before,) = raw(own_site, where=standing)
    cut_off = text([HEADER[:3], ["A1", "S01", "2025-04-25 08:30:00"]])
    page.locator("input[type=file]").set_input_files(
        {"name": "incidents.csv", "mimeType": "text/csv", "buffer": cut_off}
    )
    page.get_by_text("全部行（全量）").click()
    said = page.get_by_text(re.compile(r"现有 [\d,]+ 行中有 [\d,]+ 行不在本文件里，将被撤回。 ?占 \d+%"))
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("导入该文件并撤回"))).to_be_visible()
    assert raw(own_site, where=standing) == [before], "a preview wrote"


@pytest.mark.browser
@pytest.mark.parametrize("who", ["station-S03", "leadership"])
def test_nobody_else_is_offered_an_upload(who, site, visit):
    page = visit(locale="en-US").sign_in(who, "data")
    expect(page.get_by_role("heading", name="Builds")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(0)


@pytest.mark.parametrize("who", DEMO_IDENTITIES)
def test_the_server_refuses_who_may_not_whatever_the_page_shows(who, city):
    identity = DEMO_IDENTITIES[who]
    wish = upload.Wish("a.csv", text([HEADER[:3], ["A1", "S01", "2025-04-25 08:30:00"]]), "incidents")
    with city.in_environment():
        if may_upload(identity):
            assert who == "analyst"
            assert upload.preview(identity, wish).outputs[0][1].good.height == 1
            return
        for refused in (
            lambda: upload.preview(identity, wish),
            lambda: upload.draft(identity, wish.data, wish.name, None),
            lambda: upload.keeping(identity, None),
            lambda: upload.load(identity, wish, None),
        ):
            with pytest.raises(upload.NotAllowed, match="only analysts and operators load files"):
                refused()


def test_an_upload_does_not_wait_for_a_build(warehouse):
    analyst = DEMO_IDENTITIES["analyst"]
    wish = upload.Wish("a.csv", text([HEADER[:3], ["A1", "S01", "2025-04-25 08:30:00"]]), "incidents")
    prepared = upload.preview(analyst, wish)
    with (
        warehouse.connect("owner", autocommit=True) as building,
        locks.locked_for_session(building),
        pytest.raises(upload.Busy, match=r"^waiting for"),
    ):
        upload.load(analyst, wish, prepared)
    report = upload.load(analyst, wish, prepared)
    assert report.total("accepted") == 1
    with warehouse.connect("owner") as connection:
        assert connection.execute(
            "select loaded_by, source_row from ops.batches, raw.incidents"
        ).fetchall() == [("upload", 2)]
