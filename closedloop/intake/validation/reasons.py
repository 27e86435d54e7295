"""Why a row is in quarantine: a code, and a sentence in both languages that names the mend."""

from __future__ import annotations

from dataclasses import asdict, dataclass

_SENTENCES: dict[str, tuple[str, str]] = {
    "required": ("{field} is blank and required; fill it in", "{zh}为必填项，不能为空；请补充"),
    "bad_time": (
        "{field} {value!r} is no date with a time of day; write it as 2025-04-25 08:30:00",
        "{zh}“{value}”不是日期加时刻；请写成 2025-04-25 08:30:00",
    ),
    "failed_formula": (
        "{field} {value!r} is the mark of a formula that failed; write the value itself",
        "{zh}“{value}”是公式出错的标记；请填写实际的值",
    ),
    "skipped_time": (
        "{field} {value!r} does not exist in {detail}: clocks were put forward; correct the time",
        "{zh}“{value}”在时区 {detail} 不存在（时钟拨快）；请更正时间",
    ),
    "unlikely_time": (
        "{field} {value!r} is before {detail} or yet to come; correct the date",
        "{zh}“{value}”早于 {detail} 年或尚未到来；请更正日期",
    ),
    "two_lines": (
        "{field} {value!r} holds a line break; give each record a row of its own",
        "{zh}“{value}”中有换行；每条记录应单独一行",
    ),
    "bad_date": (
        "{field} {value!r} is no date; write it as 2025-04-25",
        "{zh}“{value}”不是日期；请写成 2025-04-25",
    ),
    "bad_integer": ("{field} {value!r} is no whole number", "{zh}“{value}”不是整数"),
    "bad_number": ("{field} {value!r} is no number", "{zh}“{value}”不是数字"),
    "out_of_range": ("{field} {value!r} is out of range ({detail})", "{zh}“{value}”超出范围（{detail}）"),
    "bad_flag": (
        "{field} {value!r} is neither yes nor no; write 1 or 0",
        "{zh}“{value}”不是“是”或“否”；请写 1 或 0",
    ),
    "bad_choice": ("{field} {value!r} is not one of {detail}", "{zh}“{value}”不在允许的取值内：{detail}"),
    "unknown_reference": (
        "{field} {value!r} is not in {detail}; correct the row, or add it to seeds/reference/{detail}.csv",
        "{zh}“{value}”不在 {detail} 中；请更正该行，或将其加入 seeds/reference/{detail}.csv",
    ),
    "unknown_stage": (
        "{field} {value!r} is not a stage of the loop {detail!r}; correct the row, or add it to "
        "seeds/reference/loop_stages.csv",
        "{zh}“{value}”不是流程“{detail}”的环节；请更正该行，或将其加入 seeds/reference/loop_stages.csv",
    ),
    "stage_and_move": (
        "the event has both a stage and a move; keep one",
        "事件同时有环节和流转动作；只保留一个",
    ),
    "no_stage_or_move": (
        "the event has neither a stage nor a move; name one",
        "事件没有环节也没有流转动作；请指明一个",
    ),
    "person_number": (
        "{field} holds a telephone or identity number; identify the record by a number of its own",
        "{zh}含有电话或证件号码；请改用业务自身的编号",
    ),
    "huge_number": (
        "{field} {value!r} has more than {detail} digits and is no amount; correct it",
        "{zh}“{value}”的整数部分超过 {detail} 位，不是金额；请更正",
    ),
    "too_long": (
        "{field} is longer than {detail} characters; shorten it, or look for a missing quotation mark",
        "{zh}超过 {detail} 个字符；请缩短，或检查是否缺少引号",
    ),
    "bad_station_id": (
        "{field} {value!r} cannot be the id of a station: letters, digits, spaces and .:/#()- only, at most "
        "64, and neither UNASSIGNED nor *; give the station another id",
        "{zh}“{value}”不能作为派出所编号：只能含文字、数字、空格和 .:/#()-，最多 64 个字符，"
        "且不能是 UNASSIGNED 或 *；请改用其他编号",
    ),
    "masked_value": (
        "{field} {value!r} was masked on the way in; write the identifier that is meant",
        "{zh}“{value}”已作脱敏处理；请填写应有的编号",
    ),
    "duplicate": (
        "{field} stands in rows {detail}; keep the row that is right",
        "{zh}重复，见第 {detail} 行，内容不一致；请保留正确的一行",
    ),
    "unparseable": ("{detail}", "{detail_zh}"),
}

CODES = tuple(_SENTENCES)
#: Longest part of a bad value that is kept: enough to recognise it, too short for a story.
LONGEST_VALUE = 60


@dataclass(frozen=True)
class Reason:
    """One thing wrong with a row, as kept in ``ops.quarantine.reasons``. ``value`` is masked."""

    field: str | None
    value: str | None
    code: str
    message_zh: str
    message_en: str

    def as_json(self) -> dict[str, str | None]:
        """As it is kept with the refused row."""
        return asdict(self)


def reason(
    code: str,
    field: str | None = None,
    zh: str | None = None,
    value: str | None = None,
    detail: str = "",
    detail_zh: str = "",
) -> Reason:
    """Word a reason. The value must be masked already; it is cut to :data:`LONGEST_VALUE`."""
    if value is not None and len(value) > LONGEST_VALUE:
        value = value[:LONGEST_VALUE] + "…"
    en_template, zh_template = _SENTENCES[code]
    words = {
        "field": field,
        "zh": zh or field,
        "value": value,
        "detail": detail,
        "detail_zh": detail_zh or detail,
    }
    return Reason(field, value, code, zh_template.format(**words), en_template.format(**words))
