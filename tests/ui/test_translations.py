"""Both languages say everything."""

import re
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from closedloop.ui.catalogue import extracted
from closedloop.ui.language import LOCALES, language_of, texts_for

_PLACE = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module")
def chinese():
    with (LOCALES / "zh" / "LC_MESSAGES" / "closedloop.po").open("rb") as file:
        return read_po(file, locale="zh")


def _strings(message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_message_of_the_interface_is_translated(chinese):
    missing = []
    for message in extracted():
        if not message.id:
            continue
        found = chinese.get(message.id)
        if found is None or found.fuzzy or not all(_strings(found)):
            missing.append(message.id)
    assert missing == []


def test_no_translation_is_left_of_a_message_that_nobody_says_any_more(chinese):
    said = {message.id for message in extracted()}
    assert [message.id for message in chinese if message.id and message.id not in said] == []


def test_translations_fill_in_what_the_message_fills_in(chinese):
    for message in chinese:
        if not message.id:
            continue
        wanted = set(_PLACE.findall(message.id if isinstance(message.id, str) else message.id[1]))
        for text in _strings(message):
            assert set(_PLACE.findall(text)) == wanted, message.id


def test_the_chinese_interface_uses_the_words_of_the_trade(chinese):
    said = {message.id: "".join(_strings(message)) for message in chinese if message.id}
    assert said["Today"] == "今日要情"
    assert said["To do today"] == "今日待办"
    assert said["Overdue"] == "超期"
    assert said["Late"] == "超时"
    assert said["Due soon"] == "临期"
    assert said["Not yet known"] == "待数据确认"
    assert said["Not reported"] == "未报"
    assert said["Skipped stages"] == "缺环节"
    assert said["Current holder"] == "当前责任方"
    # 警务督察 is another organ; its name never stands for an inspection of ours.
    assert not any("督察" in text for text in said.values())


@pytest.mark.parametrize(
    ("browser", "language"),
    [("zh-CN", "zh"), ("zh", "zh"), ("zh-TW", "zh"), ("en-US", "en"), ("de", "en"), (None, "en"), ("", "en")],
)
def test_the_browser_chooses_the_language(browser, language):
    assert language_of(browser) == language


def test_nothing_known_is_never_shown_as_zero():
    for language in ("zh", "en"):
        texts = texts_for(language, ZoneInfo("Asia/Shanghai"))
        assert texts.number(None) == texts.number(float("nan")) == texts.moment(None) == "—"
        assert texts.duration(None) == "—"
        assert texts.number(0) == "0"
