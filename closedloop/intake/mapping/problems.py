"""What is wrong with a mapping, in both languages: ours by their codes, pydantic's by its types."""

from __future__ import annotations

from typing import Any, LiteralString

from pydantic_core import PydanticCustomError

_SENTENCES: dict[str, tuple[str, str]] = {
    "read_as": (
        "YAML reads this as {value}; write it in quotation marks",
        "YAML 会把它读成 {value}；请加引号",
    ),
    "no_condition": (
        "say equals, in, not_in or not_blank",
        "请写明条件：equals、in、not_in 或 not_blank",
    ),
    "one_source": ("say one of {sources}; found {found}", "须且只须写 {sources} 之一；现为：{found}"),
    "required_not_joined": (
        "required names a column that join does not",
        "required 中有 join 未列出的列",
    ),
    "no_table": (
        "table {table!r} is not in the contract; it has {tables}",
        "数据约定中没有表“{table}”；可用的表：{tables}",
    ),
    "no_field": (
        "{table} has no field {field!r}; it has {fields}",
        "{table} 没有字段“{field}”；可用的字段：{fields}",
    ),
    "needs_field": ("{table} needs the field {field!r} ({zh})", "{table} 缺少必填字段“{field}”（{zh}）"),
}
#: Pydantic's own types of error, as far as a mapping can meet them.
_CHINESE: dict[str, str] = {
    "missing": "缺少该项",
    "extra_forbidden": "不是映射的用词",
    "string_type": "应为文本",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "greater_than_equal": "应不小于 {ge}",
    "too_short": "内容过少",
    "string_too_short": "不能为空",
    "tuple_type": "应为列表",
    "list_type": "应为列表",
    "dict_type": "应为“名称: 值”的形式",
    "model_type": "应为“名称: 值”的形式",
    "literal_error": "只能是 {expected}",
}


def problem(code: LiteralString, **parameters: str) -> PydanticCustomError:
    """The error of this code, to be raised while a mapping is checked."""
    # Pydantic fills braces in by itself, and without conversions: the sentence is complete already.
    sentence = _SENTENCES[code][0].format(**parameters)
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, **parameters})


def in_english(error: Any) -> str:
    """The sentence of one entry of ``ValidationError.errors()``."""
    if error["type"] == "extra_forbidden":
        return "is no word of a mapping"
    return error["msg"].removeprefix("Value error, ")


def in_chinese(error: Any) -> str:
    """The same in Chinese."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind][1].format(**context)
    return _CHINESE.get(kind, "格式不正确").format(**context)
