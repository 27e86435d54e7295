"""Whoever loads a file is told in the language of the page: every hint and every fault of a mapping."""

from __future__ import annotations

import re
import string

import pytest

from closedloop.hints import _SENTENCES, Hint, hint, in_chinese
from closedloop.intake import MappingError, load_directory, parse_mapping
from tests.intake.files import incident, write_csv
from tests.intake.files.make import HEADER, xlsx
from tests.intake.test_load import load, query

HAN = re.compile(r"[\u4e00-\u9fff]")


def _names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", _SENTENCES)
def test_both_languages_say_the_same_things(code):
    english, chinese = _SENTENCES[code]
    assert HAN.search(chinese)
    # ``where`` is a word and has its Chinese beside it.
    assert {name.removesuffix("_zh") for name in _names(chinese)} == _names(english)


@pytest.mark.parametrize("code", _SENTENCES)
def test_the_chinese_of_a_hint_is_found_again_from_its_english(code):
    values: dict[str, object] = dict.fromkeys(_names(_SENTENCES[code][0]), 12_345)
    texts = {
        "table": "incidents",
        "where": "contract",
        "zone": "Asia/Shanghai",
        "header": "接警时间",
        "sheet": "底表",
        "zh": "时间",
    }
    values |= {name: text for name, text in texts.items() if name in values}
    values |= {f"{name}_zh": "数据约定" if name == "where" else value for name, value in values.items()}
    made = hint(code, **values)
    assert in_chinese(str(made)) == made.zh
    assert in_chinese("said by another release") == "said by another release"


def test_a_hint_is_kept_as_its_english_sentence_and_says_its_chinese_one(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(1, station_id="S99", extra="x")])
    report = load(path)
    assert all(isinstance(warning, Hint) for warning in report.warnings)
    assert [warning.code for warning in report.warnings] == [
        "dropped_columns",
        "assumed_until",
        "foreign_stations",
    ]
    assert report.warnings[0].zh == "文件中有 1 列不在数据约定中，已舍弃"
    assert report.warnings[2].zh == "incidents：1 行涉及 1 个不在派出所表中的单位，归入 UNASSIGNED"
    assert query(warehouse, "select warnings from ops.batches") == [(list(map(str, report.warnings)),)]
    assert str(hint("nameless", count=2, key="task_id")).startswith("2 row(s) have no readable task_id")


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("a: [", "m.yml 第 1 行 不符合 YAML 格式：括号没有闭合，或缺少内容"),
        ("[1]", "m.yml 不是映射：须有 name 和 outputs"),
        ("name: x", "m.yml：outputs：缺少该项"),
        (
            "outputs: [{table: calls, fields: {}}]",
            "m.yml：outputs[0]：数据约定中没有表“calls”；可用",
        ),
        ("outputs: [{table: tasks, fields: {}}]", "m.yml：outputs[0]：tasks 缺少必填字段“task_id”"),
        ("outputs: [{table: tasks, fields: {x: a}}]", "m.yml：outputs[0]：tasks 没有字段“x”；可用的字段"),
        (
            "outputs: [{table: tasks, fields: {task_id: {column: a, join: [b]}}}]",
            "m.yml：outputs[0].fields.task_id：须且只须写 column, constant, first_of, join, derive 之一",
        ),
        (
            "outputs: [{table: tasks, fields: {task_id: {column: a, case: up}}}]",
            "m.yml：outputs[0].fields.task_id.case：只能是 'upper' or 'lower'",
        ),
        ("{outputs: [{table: tasks, fields: {task_id: a}, where: {column: a}}]}", "请写明条件：equals"),
        ("{outputs: [{table: tasks, fields: {task_id: {constant: yes}}}]}", "YAML 会把它读成 true；请加引号"),
        ("{surprise: 1, outputs: []}", "m.yml：surprise：不是映射的用词"),
    ],
)
def test_a_fault_of_a_mapping_is_said_in_chinese_with_its_place(text, chinese):
    with pytest.raises(MappingError) as caught:
        parse_mapping(text.encode(), "m.yml")
    assert chinese in caught.value.zh
    assert not HAN.search(str(caught.value).replace("事项编号", "")), "the English sentence"


def test_a_manifest_names_the_sheet(warehouse, tmp_path):
    rows = [[HEADER[:3], [name, "S01", "2025-04-25 08:30:00"]] for name in ("A1", "B1")]
    (tmp_path / "book.xlsx").write_bytes(xlsx(*rows, names=("上旬", "下旬")))
    (tmp_path / "manifest.yml").write_text("files: [{file: book.xlsx, table: incidents}]")
    (report,) = load_directory(tmp_path)
    assert "上旬" in report.refused
    (tmp_path / "manifest.yml").write_text("files: [{file: book.xlsx, table: incidents, sheet: 下旬}]")
    (report,) = load_directory(tmp_path)
    assert report.ok
    assert query(warehouse, "select incident_id from raw.incidents") == [("B1",)]
