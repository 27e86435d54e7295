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


#: What the parser of YAML says, by how it begins.
_YAML: dict[str, str] = {
    "mapping values are not allowed": "此处不应有冒号，请检查缩进或加引号",
    "could not find expected ':'": "缺少冒号",
    "found character '\\t'": "不能用制表符缩进，请用空格",
    "found character": "此处的字符须加引号",
    "found unexpected end of stream": "引号没有闭合",
    "expected <block end>": "缩进不一致",
    "expected ',' or ']'": "方括号没有闭合，或缺少逗号",
    "expected ',' or '}'": "花括号没有闭合，或缺少逗号",
    "expected the node content": "括号没有闭合，或缺少内容",
    "found undefined alias": "引用了没有定义的别名（*）",
    "could not determine a constructor": "含有不支持的标签（!）",
    "found unhashable key": "名称不能是列表或花括号",
    "expected a single document": "只能有一份内容，请删除 ---",
}


def yaml_in_chinese(said: str) -> str:
    """What is wrong with a text that is no YAML, in Chinese."""
    return next((zh for begins, zh in _YAML.items() if said.startswith(begins)), "写法有误")


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
