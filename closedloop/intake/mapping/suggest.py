"""A draft of a mapping from the headers of a file, to be edited by hand.

The table is guessed from the headers, each field gets the column whose header is a known name of it, and what
the values need is left to fill in, with the values met as comments. Nothing of a person gets into the draft.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Boolean, Column, Date, DateTime

from closedloop.hints import Hint, hint
from closedloop.intake.contract import TABLES, business_columns, key_of
from closedloop.intake.mapping.synonyms import names_narrative, names_person, synonyms
from closedloop.intake.mapping.yaml_file import FILL_IN
from closedloop.intake.masking import mask, persons_in_column
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reading import Source
from closedloop.intake.reading.header import NAMELESS, header_key
from closedloop.intake.reference import Reference
from closedloop.intake.refused import RefusedFile
from closedloop.intake.validation.columns import HowWritten, type_column
from closedloop.intake.validation.times import parse_times

#: Ways of writing a time that are tried when none of the usual ones fits, the likeliest first.
_FORMATS = (
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%y %H:%M",
)  # fmt: skip
#: Values quoted in a comment, and their length: what has more is no set of terms.
_MOST_VALUES, _LONGEST_VALUE = 30, 20
#: Letters of a comment's line.
_WIDTH = 90
_TIME_ONLY = re.compile(
    r"[\d年月日时点分秒半整上下午早晚凌晨中傍夜间星期周一二三四五六日天/:.\-\sTZAPMapm+]{4,40}"
)


@dataclass(frozen=True)
class Suggestion:
    """``text`` is the YAML. ``to_edit`` says, one sentence each, what must be filled in before it can be
    used as it is."""

    table: str
    text: str
    columns: dict[str, str]
    dropped: tuple[str, ...]
    to_edit: tuple[Hint, ...]


def wanted_headers(table: str | None = None) -> set[str]:
    """Every header that is known to mean something: in one table, or in any."""
    tables = [table] if table else list(TABLES)
    return {name for t in tables for names in synonyms(t).values() for name in names}


def guess_table(source: Source) -> str:
    """The table most of whose fields the headers name, its key and required fields counting double."""
    scores = {name: _score(name, source) for name in TABLES}
    best = max(scores, key=scores.__getitem__)
    if scores[best] < 2:
        raise RefusedFile(
            f"{source.name}: no header is known here ({', '.join(map(mask, source.headers[:6]))} …); "
            "say which table it is (--table), or write the mapping by hand.",
            f"{source.name}：没有可识别的表头；请指明所属表（--table），或手工编写映射。",
        )
    return best


def _score(table: str, source: Source) -> float:
    matched = match_columns(table, source.headers)
    required = {column.name for column in business_columns(TABLES[table]) if not column.nullable}
    key = key_of(TABLES[table])
    own = sum(synonyms(table)[field].index(_name_used(table, field, c)) < 12 for field, c in matched.items())
    named = source.name.lower().startswith(table)
    return own + len(required & set(matched)) + 2 * (key in matched) - len(required - set(matched)) + named


def _name_used(table: str, field: str, header: str) -> str:
    return next(name for name in synonyms(table)[field] if header_key(name) == header_key(header))


def match_columns(table: str, headers: list[str]) -> dict[str, str]:
    """The column for each field: the likeliest of its names that is a header. A header feeds one field."""
    by_key = {header_key(header): header for header in headers if not header.startswith(NAMELESS)}
    offers = [
        (rank, field, by_key[header_key(name)])
        for field, names in synonyms(table).items()
        for rank, name in enumerate(names)
        if header_key(name) in by_key
    ]
    chosen: dict[str, str] = {}
    for _, field, header in sorted(offers, key=lambda offer: offer[0]):
        if field not in chosen and header not in chosen.values():
            chosen[field] = header
    return {field: chosen[field] for field in synonyms(table) if field in chosen}


def suggest(source: Source, reference: Reference, zone: str, table: str | None = None) -> Suggestion:
    """Draft a mapping for a file that was read with :func:`wanted_headers`. Raises RefusedFile when the
    headers say nothing."""
    table = table or guess_table(source)
    columns = match_columns(table, source.headers)
    to_edit: list[Hint] = []
    lines = [
        f"# A draft for {source.name}: check it, fill in every {FILL_IN}, then load with --mapping.",
        f"name: {table}",
        f"time_zone: {zone}",
        "outputs:",
        f"  - table: {table}",
        "    fields:",
    ]
    for column in business_columns(TABLES[table]):
        if column.name in columns:
            lines += _field(column, columns[column.name], source, reference, zone, to_edit)
        elif not column.nullable:
            lines += _missing(table, column, columns, to_edit)
    dropped = tuple(header for header in source.headers if header not in columns.values())
    lines += _dropped(dropped)
    return Suggestion(table, "\n".join(lines) + "\n", columns, dropped, tuple(to_edit))


def _field(
    column: Column, header: str, source: Source, reference: Reference, zone: str, to_edit: list[Hint]
) -> list[str]:
    """The lines of one field: its column, how it is written, what its values still need."""
    name, cells = column.name, source.frame[header].str.strip_chars()
    cells = cells.set(cells == "", None)
    line = f"      {name}: {quoted(header)}"
    if column.info.get("pseudonym"):
        return [f"{line}  # becomes a keyed hash before anything is written"]
    if column.info.get("masked"):
        return [f"{line}  # telephone and identity numbers in it are masked"]
    if isinstance(column.type, DateTime):
        return _time(name, header, cells, zone, to_edit)
    if column.info.get("identifier") and persons_in_column(cells).any():
        to_edit.append(hint("looks_like_persons", field=name, header=mask(header)))
        return [f"{line}  # or {{column: {quoted(header)}, own_numbering: true}}: see docs/mappings"]
    if not _is_of_terms(column):
        return [line]
    unknown = _unknown_values(column, cells, reference)
    if not unknown:
        return [line]
    to_edit.append(hint("unknown_values", field=name, count=len(unknown), header=mask(header)))
    known = textwrap.wrap(", ".join(_known_values(column, reference)), _WIDTH, break_on_hyphens=False)
    return [
        f"      {name}:",
        f"        column: {quoted(header)}",
        f"        # one of: {known[0]}",
        *(f"        #   {more}" for more in known[1:]),
        "        values:  # delete the line of what may stay as it is",
        *(f"          {quoted(value)}: {FILL_IN}" for value in unknown),
    ]


def _time(name: str, header: str, cells: pl.Series, zone: str, to_edit: list[Hint]) -> list[str]:
    example = next((c for c in cells.drop_nulls() if _TIME_ONLY.fullmatch(c) and mask(c) == c), None)
    said = "" if example is None else f"  # e.g. {' '.join(example.split())}"
    _, wrong, _ = parse_times(cells, zone)
    if not wrong.any():
        return [f"      {name}: {quoted(header)}{said}"]
    fits = [f for f in _FORMATS if not parse_times(cells, zone, (f,))[1].any()]
    if not fits:
        to_edit.append(hint("no_times", field=name, count=int(wrong.sum()), header=mask(header)))
        return [f"      {name}: {quoted(header)}{said} (some are no time: say a format, or mend them)"]
    if len({f[1] for f in fits}) > 1:
        to_edit.append(hint("day_or_month", field=name, header=mask(header)))
    return [f'      {name}: {{column: {quoted(header)}, format: "{fits[0]}"}}{said}']


def _is_of_terms(column: Column) -> bool:
    return bool(
        column.info.get("choices")
        or column.info.get("soft_choices")
        or column.info.get("refers") not in (None, "stations")
        or isinstance(column.type, Boolean)
    )


def _known_values(column: Column, reference: Reference) -> list[str]:
    """What a term may become: each id with its Chinese name beside it, in the order of its seed."""
    if choices := column.info.get("choices"):
        return [str(choice) for choice in choices]
    if isinstance(column.type, Boolean):
        return ["1 (是)", "0 (否)"]
    names = reference.ids.get(_reference_of(column), {})
    if column.info.get("refers") == "stages":
        names = {name: stage for stages in reference.stages.values() for name, stage in stages.items()}
    called = {key: name for name, key in reversed(names.items()) if name != key}
    return [f"{key} ({called[key]})" if key in called else key for key in dict.fromkeys(names.values())]


def _reference_of(column: Column) -> str:
    return column.info.get("soft_choices") or column.info.get("refers") or ""


def _unknown_values(column: Column, cells: pl.Series, reference: Reference) -> list[str]:
    """Values that intake would not know, if they are few and short enough to be terms and nobody's number."""
    values = cells.drop_nulls().unique(maintain_order=True)
    if column.info.get("refers") == "stages":
        names = {name for stages in reference.stages.values() for name in stages}
        unknown = values.filter(~values.is_in(list(names)))
    elif soft := column.info.get("soft_choices"):
        unknown = values.filter(~values.is_in(list(reference.ids[soft])))
    else:
        typed = type_column(column, values, HowWritten("UTC"), reference, Pseudonymiser(b"kept nowhere"))
        wrong = pl.zeros(len(values), dtype=pl.Boolean, eager=True)
        for problem in typed.problems:
            wrong = wrong | problem.rows
        unknown = values.filter(wrong)
    shown = [v for v in unknown if len(v) <= _LONGEST_VALUE and mask(v) == v and not re.search(r"\d{6}", v)]
    return [" ".join(v.split()) for v in shown] if len(unknown) <= _MOST_VALUES else []


def _missing(table: str, column: Column, columns: dict[str, str], to_edit: list[Hint]) -> list[str]:
    """A required field that no header names: an identifier is derived, anything else is left to fill in."""
    name, zh = column.name, column.info["zh"]
    times = [
        columns[c.name]
        for c in business_columns(TABLES[table])
        if isinstance(c.type, DateTime | Date) and c.name in columns
    ]
    if name == key_of(TABLES[table]) and times:
        parts = list(
            dict.fromkeys(
                [
                    *times[:1],
                    *(columns[f] for f in ("station_id", "place", "item_id", "stage") if f in columns),
                ]
            )
        )
        to_edit.append(hint("derived_key", field=name, zh=zh))
        listed = ", ".join(quoted(part) for part in parts)
        return [f"      {name}: {{derive: [{listed}], prefix: {table[:2].upper()}-}}"]
    to_edit.append(hint("required_unknown", field=name, zh=zh))
    if isinstance(column.type, DateTime | Date):
        return [f"      {name}: {FILL_IN}  # the column that holds {zh}"]
    return [f"      {name}: {{constant: {FILL_IN}}}  # {zh}, or the column that holds it"]


def _dropped(headers: tuple[str, ...]) -> list[str]:
    if not headers:
        return []
    lines = ["", "# Dropped, because no line above names them; their cells are never kept:"]
    for header in headers:
        what = (
            "  (a person)" if names_person(header) else "  (a narrative)" if names_narrative(header) else ""
        )
        shown = (
            f"column {header.removeprefix(NAMELESS)} has no header"
            if header.startswith(NAMELESS)
            else mask(header)
        )
        lines.append(f"#   {shown}{what}")
    return lines


def quoted(text: str) -> str:
    """A text as YAML takes it literally."""
    plain = re.fullmatch(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*", text)
    reserved = text.casefold() in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if plain and not reserved else json.dumps(text, ensure_ascii=False)
