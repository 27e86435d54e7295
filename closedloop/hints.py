"""Sentences to whoever loads a file, in both languages: a code, its parameters, and what is read.

A :class:`Hint` is a string, its English sentence, so that logs, reports and ``ops.batches`` keep it as it is;
a page asks it for :attr:`Hint.zh`.
"""

from __future__ import annotations

import re
import string
from functools import cache

_SENTENCES: dict[str, tuple[str, str]] = {
    # While reading and mapping.
    "left_out_totals": ("{count:,} total row(s) 合计 left out", "合计行 {count:,} 行未导入"),
    "left_out_footers": ("{count:,} footer row(s) 落款 left out", "表尾说明 {count:,} 行未导入"),
    "merged_filled": (
        "{count:,} cell(s) merged over several rows were read in each of these rows",
        "跨行合并的单元格已按其覆盖的每一行读取，共填入 {count:,} 格",
    ),
    "hidden_sheet": (
        "the sheet {sheet!r} is hidden in the workbook, and was read because no other fits as well",
        "工作表“{sheet}”是隐藏的；因没有其他更合适的工作表，仍予读取",
    ),
    "only_midnights": (
        "{field} ({zh}): all {count:,} times are midnight, as if the column held days without a time of day",
        "{field}（{zh}）：{count:,} 个时间全部是零点，似乎只有日期没有时刻",
    ),
    "likely_fields": (
        "dropped although they look like fields of {table}: {pairs}; rename them, or load with a mapping "
        "(mapping suggest drafts one)",
        "以下列已舍弃，但很可能是 {table} 的字段：{pairs_zh}；请改表头，或使用映射导入（可由 mapping suggest "
        "起草）",
    ),
    "blank_stations": (
        "{table}: {rows:,} row(s) name no station, and belong to {unassigned}",
        "{table}：{rows:,} 行没有填派出所，归入 {unassigned}",
    ),
    "dropped_columns": (
        "{count} column(s) of the file are not in the {where} and were dropped",
        "文件中有 {count} 列不在{where_zh}中，已舍弃",
    ),
    "kept_unsaid": (
        "{table}: {count} column(s) are not in the file: {rows:,} known row(s) keep what they had ({fields})",
        "{table}：文件中没有 {count} 列，{rows:,} 条已有记录保留原值（{fields}）",
    ),
    "taken_by_none": (
        "{count} row(s) are taken by no output of the mapping",
        "有 {count} 行不符合映射中任何输出的条件，未导入",
    ),
    # What a load covers.
    "assumed_until": (
        "{table}: taken to be complete until {until} ({zone}), its latest time; say --covers-until to be "
        "exact",
        "{table}：默认数据完整至 {until}（{zone}），即文件中的最晚时间；如需准确，请填写截至时间"
        "（--covers-until）",
    ),
    "ends_earlier": (
        "{table}: the extract ends {until}, earlier than what is loaded already ({before}, {zone}): older "
        "content may have come back",
        "{table}：该导出截至 {until}，早于已入库数据（{before}，{zone}），可能带回旧内容",
    ),
    "foreign_stations": (
        "{table}: {rows:,} row(s) name {stations:,} station(s) that are not in stations, and belong to "
        "{unassigned}",
        "{table}：{rows:,} 行涉及 {stations:,} 个不在派出所表中的单位，归入 {unassigned}",
    ),
    "nameless": (
        "{count} row(s) have no readable {key}: absences were not judged and nothing was withdrawn",
        "有 {count} 行缺少可识别的 {key}：未判断缺失记录，未撤回任何记录",
    ),
    "withdraws_much": (
        "{table}: {absent:,} of {known:,} known rows are not in this full extract and would be withdrawn; is "
        "it complete?",
        "{table}：现有 {known:,} 行中有 {absent:,} 行不在这份全量导出里，将被撤回；请确认导出是否完整",
    ),
    "withdrew_much": (
        "{table}: {absent:,} of {known:,} known rows are not in this full extract and were withdrawn; if it "
        "was cut off, load a whole one: they come back",
        "{table}：现有 {known:,} 行中有 {absent:,} 行不在这份全量导出里，已撤回；如导出不完整，"
        "请重新完整导出并导入，这些记录会恢复",
    ),
    # What a drafted mapping still needs.
    "looks_like_persons": (
        "{field}: some of {header!r} have the shape of a telephone or identity number; if they are the "
        "source's own numbers, write {{column: …, own_numbering: true}}",
        "{field}：“{header}”中有的值形似电话或证件号码；如系业务自身编号，"
        "请写 {{column: …, own_numbering: true}}",
    ),
    "unknown_values": (
        "{field}: {count} value(s) of {header!r} are not known; translate them (values)",
        "{field}：“{header}”中有 {count} 个取值无法识别；请在 values 中逐一对应",
    ),
    "no_times": (
        "{field}: {count} cell(s) of {header!r} are no time; say their format",
        "{field}：“{header}”中有 {count} 个单元格不是时间；请说明格式（format）",
    ),
    "day_or_month": (
        "{field}: day and month of {header!r} cannot be told apart; check the format",
        "{field}：“{header}”的日与月无法区分；请核对格式（format）",
    ),
    "derived_key": (
        "{field} ({zh}): no column holds it; it is derived from others: check which make a row one",
        "{field}（{zh}）：没有对应的列，由其他列推导；请核对哪些列能唯一确定一行",
    ),
    "required_unknown": (
        "{field} ({zh}): required, and no header is known to mean it; name its column, or a constant",
        "{field}（{zh}）：必填，但没有可识别的表头；请指明列名或写常量（constant）",
    ),
}

CODES = tuple(_SENTENCES)

#: Words that stand in a sentence and have their own Chinese.
_WORDS = {"mapping": "映射", "contract": "数据约定"}


class Hint(str):
    """One sentence: itself in English, ``zh`` in Chinese; ``code`` and ``parameters`` for programs."""

    __slots__ = ("code", "parameters")

    code: str
    parameters: dict[str, object]

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return _SENTENCES[self.code][1].format(**self.parameters)


def hint(code: str, **parameters: object) -> Hint:
    """The hint of this code. Raises KeyError for a code or a parameter that is missing."""
    said = Hint(_SENTENCES[code][0].format(**parameters))
    said.code, said.parameters = code, parameters
    return said


def in_chinese(sentence: str) -> str:
    """The Chinese of a hint that was kept as its English sentence; what is no hint of this release stays as
    it is."""
    for code, pattern in _patterns().items():
        if found := pattern.fullmatch(sentence):
            said: dict[str, object] = {}
            for name, value in found.groupdict().items():
                plain = value.replace(",", "")
                said[name] = int(plain) if plain.isdigit() else value
                said[f"{name}_zh"] = _WORDS.get(value, value)
            return _SENTENCES[code][1].format(**said)
    return sentence


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Each English sentence as a regular expression, with a group per parameter."""
    return {code: re.compile(_pattern(english), re.S) for code, (english, _) in _SENTENCES.items()}


def _pattern(sentence: str) -> str:
    parts: list[str] = []
    named: set[str] = set()
    for literal, name, layout, conversion in string.Formatter().parse(sentence):
        parts.append(re.escape(literal))
        if not name:
            continue
        what = r"[\d,]+" if layout else ".+?"
        group = f"(?P={name})" if name in named else f"(?P<{name}>{what})"
        parts.append(rf"['\"]{group}['\"]" if conversion == "r" else group)
        named.add(name)
    return "".join(parts)
