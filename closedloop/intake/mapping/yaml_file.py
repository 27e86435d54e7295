"""Reading a mapping from YAML, with errors that name the place in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from closedloop.errors import ClosedloopError
from closedloop.intake.mapping.model import Mapping
from closedloop.intake.mapping.problems import in_chinese, in_english, yaml_in_chinese
from closedloop.intake.masking import identifies_person, mask

#: Stands in a draft where nobody but a person who knows the source can say what belongs there.
FILL_IN = "FILL_IN"


class MappingError(ClosedloopError):
    """The mapping cannot be used; the message names the file and the path in it."""


@dataclass(frozen=True)
class MappingFile:
    """A mapping and what is recorded of it: its file's name and digest."""

    mapping: Mapping
    file: str | None
    sha256: str | None


def read_mapping(path: Path) -> MappingFile:
    """Read and check a mapping. Raises MappingError: ``m.yml: outputs[0].fields.received_at: …``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(
            f"{path} cannot be read: {error.strerror}", f"无法读取 {path.name}（{error.strerror}）"
        ) from error
    return parse_mapping(content, path.name)


def parse_mapping(content: bytes, name: str) -> MappingFile:
    """Check the text of a mapping; ``name`` is what errors call it. Raises MappingError."""
    path = Path(name)
    try:
        data = yaml.safe_load(content.decode("utf-8"))
    except RecursionError:
        raise MappingError(
            f"{path.name} is nested too deeply to be a mapping", f"{path.name} 嵌套过深，不是映射"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        line, line_zh = (f" line {place.line + 1}", f" 第 {place.line + 1} 行") if place else ("", "")
        why = getattr(error, "problem", error)
        raise MappingError(
            f"{path.name}{line} is not YAML: {why}",
            f"{path.name}{line_zh} 不符合 YAML 格式：{yaml_in_chinese(str(why))}",
        ) from error
    _refuse_unfilled(content.decode("utf-8"), path.name)
    if not isinstance(data, dict):
        raise MappingError(
            f"{path.name} is not a mapping: it needs name and outputs",
            f"{path.name} 不是映射：须有 name 和 outputs",
        )
    try:
        mapping = Mapping.model_validate({"name": path.stem, **data})
    except ValidationError as error:
        raise MappingError(
            "; ".join(sentences(path.name, error)), "；".join(sentences_zh(path.name, error))
        ) from None
    for text, place in _constants(mapping):
        _refuse_constant(text, f"{path.name}: {place}")
    for zone, place in _zones(mapping):
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise MappingError(
                f"{path.name}: {place}: {zone!r} is no time zone of the IANA database",
                f"{path.name}：{place}：“{zone}”不是 IANA 时区；请写 Asia/Shanghai 之类",
            ) from None
    return MappingFile(mapping, mask(path.name), hashlib.sha256(content).hexdigest())


def sentences(name: str, error: ValidationError) -> list[str]:
    """Each problem of a YAML file, with its place in it."""
    return [f"{name}: {_path(each['loc'])}: {in_english(each)}" for each in error.errors()]


def sentences_zh(name: str, error: ValidationError) -> list[str]:
    """The same in Chinese."""
    return [f"{name}：{_path(each['loc'])}：{in_chinese(each)}" for each in error.errors()]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "(top)"


def _refuse_unfilled(text: str, name: str) -> None:
    """A draft that nobody has finished would put its marks into the rows. What stands in comments says
    nothing."""
    if FILL_IN not in text:
        return
    places = _unfilled(yaml.compose(text, yaml.SafeLoader), "")
    if places:
        line, field = places[0]
        more, more_zh = "", ""
        if others := ", ".join(str(number) for number, _ in places[1:]):
            more, more_zh = f"; so are lines {others}", f"；第 {others} 行也是"
        raise MappingError(
            f"{name} line {line}: {field} is still {FILL_IN}: write what belongs there{more}",
            f"{name} 第 {line} 行：{field} 仍是 {FILL_IN}，请填写{more_zh}",
        )


def _unfilled(node: yaml.Node | None, place: str) -> list[tuple[int, str]]:
    """The lines below a node where a draft's mark stands, and the path to each."""
    match node:
        case yaml.ScalarNode():
            return [(node.start_mark.line + 1, place or "(top)")] if node.value == FILL_IN else []
        case yaml.SequenceNode():
            return [
                found
                for number, item in enumerate(node.value)
                for found in _unfilled(item, f"{place}[{number}]")
            ]
        case yaml.MappingNode():
            return [
                found
                for key, value in node.value
                for found in (
                    *_unfilled(key, place),
                    *_unfilled(value, f"{place}.{key.value}" if place else str(key.value)),
                )
            ]
    return []


def _refuse_constant(text: str, place: str) -> None:
    """What stands in the mapping goes into every row: it may be no person's number, and nothing a database
    cannot keep."""
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text):
        raise MappingError(
            f"{place}: holds a character that is none (NUL or half of one); remove it",
            f"{place}：含有无效字符（NUL 或半个字符）；请删除",
        )
    if mask(text) != text or identifies_person(text):
        raise MappingError(
            f"{place}: {mask(text)!r} holds a telephone or identity number, which would stand in every row; "
            "remove it",
            f"{place}：“{mask(text)}”含有电话或证件号码，会写入每一行；请删除",
        )


def _constants(mapping: Mapping) -> list[tuple[str, str]]:
    """Every text of the mapping that becomes part of a value, and its place."""
    texts: list[tuple[str | None, str]] = []
    for number, output in enumerate(mapping.outputs):
        for name, spec in output.fields.items():
            place = f"outputs[{number}].fields.{name}"
            texts += [(spec.constant, f"{place}.constant"), (spec.prefix, f"{place}.prefix")]
            texts.append((spec.separator, f"{place}.separator"))
            texts += [(value, f"{place}.values") for value in (spec.values or {}).values()]
    return [(text, place) for text, place in texts if text]


def _zones(mapping: Mapping) -> list[tuple[str, str]]:
    zones = [(mapping.time_zone, "time_zone")]
    for number, output in enumerate(mapping.outputs):
        for name, spec in output.fields.items():
            zones.append((spec.time_zone, f"outputs[{number}].fields.{name}.time_zone"))
    return [(zone, place) for zone, place in zones if zone]
