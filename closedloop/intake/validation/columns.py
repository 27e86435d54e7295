"""One column of texts to one typed column of the contract, with everything that is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl
from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Numeric

from closedloop.intake.masking import (
    IDENTITY_MASK,
    PHONE_MASK,
    mask_column,
    persons_in_column,
    persons_in_numbers,
)
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reference import Reference
from closedloop.intake.validation.numbers import parse_decimals, parse_doubles, parse_flags, parse_integers
from closedloop.intake.validation.times import parse_dates, parse_times
from closedloop.warehouse.scope import can_be_station

#: Longest identifier and longest text that are kept: what is longer is a cell that went wrong.
LONGEST_IDENTIFIER, LONGEST_TEXT = 200, 10_000

#: Digits of the largest amount before its point: hundreds of billions.
MOST_DIGITS = 12

#: What a spreadsheet shows for a formula that failed; as a value it would be one value of many rows.
FAILED_FORMULAS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")

#: Before this year nothing was recorded; a spreadsheet shows its own small numbers as days of 1900.
FIRST_YEAR = 1950
#: How far ahead a moment may lie that is said to have been: clocks differ.
FURTHEST = timedelta(days=1)
#: Times that may be yet to come.
_OF_THE_FUTURE = ("due_at",)

_RANGES = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0)}


@dataclass(frozen=True)
class Problem:
    """Rows of one column that are wrong in the same way."""

    field: str | None
    code: str
    rows: pl.Series
    detail: str = ""


@dataclass(frozen=True)
class HowWritten:
    """How one field is written in the file: its formats and zone, and whether its ids are the source's
    own."""

    zone: str
    formats: tuple[str, ...] | None = None
    own_numbering: bool = False


@dataclass
class TypedColumn:
    """A column as the contract has it, and what could not become that."""

    values: pl.Series
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, code: str, rows: pl.Series, detail: str = "") -> None:
        """Note what is wrong with the rows."""
        if rows.any():
            self.problems.append(Problem(name, code, rows, detail))


def type_column(
    column: Column, texts: pl.Series, how: HowWritten, reference: Reference, pseudonymise: Pseudonymiser
) -> TypedColumn:
    """Texts, blank as null, to the column's type. Bad values become null and are listed as problems."""
    failed = texts.is_in(list(FAILED_FORMULAS)).fill_null(False)
    if failed.any():
        texts = texts.set(failed, None)
    typed = _by_type(column, texts, how, pseudonymise)
    typed.refuse(column.name, "failed_formula", failed)
    if column.info.get("refers") in reference.ids:
        _resolve(typed, column, reference)
    if column.info.get("soft_choices"):
        names = reference.ids[column.info["soft_choices"]]
        typed.values = _translated(typed.values, names)
    if choices := column.info.get("choices"):
        wrong = typed.values.is_not_null() & ~typed.values.is_in(list(choices)).fill_null(True)
        typed.refuse(column.name, "bad_choice", wrong, ", ".join(str(choice) for choice in choices))
    if not column.nullable:
        typed.refuse(column.name, "required", texts.is_null() & ~failed)
    return typed


def _by_type(column: Column, texts: pl.Series, how: HowWritten, pseudonymise: Pseudonymiser) -> TypedColumn:
    name, kind = column.name, column.type
    if isinstance(kind, DateTime):
        values, wrong, skipped = parse_times(texts, how.zone, how.formats)
        typed = TypedColumn(values)
        typed.refuse(name, "bad_time", wrong)
        typed.refuse(name, "skipped_time", skipped, how.zone)
        unlikely = _unlikely(column, values)
        if unlikely.any():
            typed.refuse(name, "unlikely_time", unlikely, str(FIRST_YEAR))
            typed.values = values.set(unlikely, None)
        return typed
    if isinstance(kind, Date):
        return _plain_type(name, "bad_date", *parse_dates(texts, how.formats))
    if isinstance(kind, Boolean):
        return _plain_type(name, "bad_flag", *parse_flags(texts))
    if isinstance(kind, Double):
        typed = _plain_type(name, "bad_number", *parse_doubles(texts))
        if name in _RANGES:
            low, high = _RANGES[name]
            typed.refuse(
                name,
                "out_of_range",
                (~typed.values.is_between(low, high)).fill_null(False),
                f"{low:g} … {high:g}",
            )
        return typed
    if isinstance(kind, Numeric):
        return _decimal(name, texts)
    if isinstance(kind, Integer):
        return _plain_type(name, "bad_integer", *parse_integers(texts))
    if column.info.get("pseudonym"):
        return TypedColumn(pseudonymise.column(texts))
    identifier = bool(column.info.get("identifier"))
    longest = LONGEST_IDENTIFIER if identifier else LONGEST_TEXT
    too_long = (texts.str.len_chars() > longest).fill_null(False)
    if too_long.any():
        texts = texts.set(too_long, None)
    typed = _identifier(name, texts, how) if identifier else TypedColumn(mask_column(texts))
    typed.refuse(name, "too_long", too_long, f"{longest:,}")
    if name == "station_id" and column.table.name == "stations":
        _refuse_ungrantable(typed, name)
    elif identifier:
        typed.refuse(name, "two_lines", texts.str.contains(r"[\r\n]").fill_null(False))
    return typed


def _unlikely(column: Column, values: pl.Series) -> pl.Series:
    """Moments that nothing recorded can have: too early, or yet to come."""
    early = values.dt.year() < FIRST_YEAR
    if column.name in _OF_THE_FUTURE:
        return early.fill_null(False)
    latest = datetime.now(UTC) + FURTHEST
    return (early | (values > latest)).fill_null(False)


def _refuse_ungrantable(typed: TypedColumn, name: str) -> None:
    """A station whose id no scope can carry could never be shown to anybody."""
    known = typed.values.unique().drop_nulls()
    impossible = [station for station in known if not can_be_station(station)]
    if impossible:
        typed.refuse(name, "bad_station_id", typed.values.is_in(impossible).fill_null(False))


def _plain_type(name: str, code: str, values: pl.Series, wrong: pl.Series) -> TypedColumn:
    typed = TypedColumn(values)
    typed.refuse(name, code, wrong)
    return typed


def _decimal(name: str, texts: pl.Series) -> TypedColumn:
    """A decimal number. One that has the shape of a person's number, or of no amount, is refused."""
    typed = _plain_type(name, "bad_number", *parse_decimals(texts))
    if typed.values.null_count() == len(typed.values):
        return typed
    person = persons_in_numbers(typed.values)
    huge = (typed.values.str.contains(rf"^-?0*[1-9]\d{{{MOST_DIGITS}}}")).fill_null(False) & ~person
    typed.refuse(name, "person_number", person)
    typed.refuse(name, "huge_number", huge, str(MOST_DIGITS))
    if person.any() or huge.any():
        typed.values = typed.values.set(person | huge, None)
    return typed


def _identifier(name: str, texts: pl.Series, how: HowWritten) -> TypedColumn:
    """An id, with full-width characters as plain ones. One that names a person, or was masked, is refused."""
    if texts.str.contains(r"[０-９Ａ-Ｚａ-ｚ－＿\u3000\u00a0]").any():
        texts = texts.str.normalize("NFKC").str.strip_chars()
    if texts.str.contains(".0", literal=True).any():
        # As programs write whole numbers that they keep as fractions.
        texts = texts.str.replace(r"^(\d{1,15})\.0+$", "${1}")
    typed = TypedColumn(texts)
    if not how.own_numbering:
        typed.refuse(name, "person_number", persons_in_column(texts))
        if texts.null_count() < len(texts):
            masked = texts.str.contains_any([PHONE_MASK, IDENTITY_MASK]).fill_null(False)
            typed.refuse(name, "masked_value", masked)
    return typed


def _resolve(typed: TypedColumn, column: Column, reference: Reference) -> None:
    """An id or a name of the reference to its id; unknown ones are refused."""
    target = column.info["refers"]
    known = reference.ids[target]
    resolved = typed.values.replace_strict(known, default=None, return_dtype=pl.String)
    unknown = typed.values.is_not_null() & resolved.is_null()
    already = [p.rows for p in typed.problems]
    for rows in already:
        unknown = unknown & ~rows
    typed.refuse(column.name, "unknown_reference", unknown, target)
    typed.values = resolved


def _translated(values: pl.Series, names: dict[str, str]) -> pl.Series:
    """Names of the reference to their ids; anything else as it is."""
    translations = {name: key for name, key in names.items() if name != key}
    return values.replace(list(translations), list(translations.values()))
