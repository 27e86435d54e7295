"""Applying a mapping: a table of strings from the file becomes one table of strings per output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce

import polars as pl

from closedloop.intake.contract import TABLES, key_of
from closedloop.intake.mapping.model import Condition, FieldSpec, Mapping, Output
from closedloop.intake.masking import mask
from closedloop.intake.reading import ROW, Source
from closedloop.intake.refused import RefusedFile

#: A derived identifier is written in consonants: no digest is ever taken for a telephone number, or for a
#: word.
_CONSONANTS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
#: Letters of a derived identifier: 80 bits, far beyond what one city records.
DERIVED_LETTERS = 20


#: An identifier that was a fraction on its way.
_LOST = r"^(?:\d(?:\.\d+)?[eE]\+\d{2,3}|\d\.\d+[eE]\d{1,3}|\d{16,}\.0+)$"


@dataclass(frozen=True)
class Mapped:
    """Rows for one raw table, still as strings: :data:`ROW` and one column per mapped field."""

    output: Output
    frame: pl.DataFrame


def apply_mapping(mapping: Mapping, source: Source) -> list[Mapped]:
    """Rows of every output, in contract order. Refuses a file that lacks a column the mapping reads."""
    missing = sorted(mapping.columns - set(source.headers))
    if missing:
        raise RefusedFile(
            f"{source.name}: the column {missing[0]!r}, which the mapping {mapping.name} reads, is missing; "
            "give the file it was written for, or correct the mapping.",
            f"{source.name}：缺少映射 {mapping.name} 所需的列“{missing[0]}”；请提供对应的文件，或更正映射。",
        )
    _refuse_numbers_for_identifiers(mapping, source)
    order = list(TABLES)
    outputs = sorted(mapping.outputs, key=lambda output: order.index(output.table))
    return [Mapped(output, _rows(mapping, output, source.frame)) for output in outputs]


def dropped_columns(mapping: Mapping, source: Source) -> list[str]:
    """Headers of the file that nothing reads: their cells are never looked at."""
    return [header for header in source.headers if header not in mapping.columns]


def rows_taken(mapping: Mapping, source: Source) -> int:
    """How many rows of the file at least one output takes as records.

    Distinct outputs (stations to create) are by-products and take none, unless the mapping has no other.
    """
    outputs = [output for output in mapping.outputs if not output.distinct] or mapping.outputs
    if any(not output.where for output in outputs):
        return source.frame.height
    taken = reduce(lambda a, b: a | b, (_condition(mapping, output.where) for output in outputs))
    return source.frame.filter(taken).height


def _rows(mapping: Mapping, output: Output, frame: pl.DataFrame) -> pl.DataFrame:
    if output.where:
        frame = frame.filter(_condition(mapping, output.where))
    columns = {name: _field(mapping, spec, frame) for name, spec in output.fields.items()}
    rows = frame.select(ROW, *(expression.alias(name) for name, expression in columns.items()))
    if output.distinct:
        rows = rows.unique(subset=[key_of(TABLES[output.table])], keep="first", maintain_order=True)
    return rows


def _text(mapping: Mapping, column: str, blanks: tuple[str, ...] = ()) -> pl.Expr:
    """A cell without surrounding space; null when it is blank or means blank."""
    text = pl.col(column).str.strip_chars()
    meaning_blank = [*mapping.blanks, *blanks]
    if not meaning_blank:
        return pl.when(text != "").then(text)
    return pl.when(~text.is_in(["", *meaning_blank])).then(text)


def _condition(mapping: Mapping, where: tuple[Condition, ...]) -> pl.Expr:
    return reduce(lambda a, b: a & b, (_one_condition(mapping, c) for c in where), pl.lit(True))


def _one_condition(mapping: Mapping, condition: Condition) -> pl.Expr:
    text = _text(mapping, condition.column)
    holds = text.is_not_null() if condition.not_blank else pl.lit(True)
    if condition.equals is not None:
        holds &= (text == condition.equals).fill_null(False)
    if condition.any_of is not None:
        holds &= text.is_in(list(condition.any_of)).fill_null(False)
    if condition.none_of is not None:
        holds &= ~text.is_in(list(condition.none_of)).fill_null(False)
    return holds


def _field(mapping: Mapping, spec: FieldSpec, frame: pl.DataFrame) -> pl.Expr:
    if spec.constant is not None:
        return pl.lit(spec.constant, dtype=pl.String)
    if spec.derive is not None:
        return pl.lit(_derived(mapping, spec, frame))
    text: pl.Expr
    if spec.first_of is not None:
        text = pl.coalesce(_text(mapping, column, spec.blanks) for column in spec.first_of)
    elif spec.join is not None:
        parts = [_text(mapping, column, spec.blanks) for column in spec.join]
        text = pl.concat_str(parts, separator=spec.separator, ignore_nulls=True)
        needed = [_text(mapping, column, spec.blanks).is_not_null() for column in spec.required]
        text = pl.when(pl.all_horizontal(needed)).then(text) if needed else text
    else:
        assert spec.column is not None, "a field says where it comes from in one way"
        text = _text(mapping, spec.column, spec.blanks)
    if spec.split is None and not spec.collapse_spaces and spec.case is None and spec.values is None:
        return text
    if spec.split is not None:
        text = text.str.split(spec.split.at).list.get(spec.split.part - 1, null_on_oob=True).str.strip_chars()
    if spec.collapse_spaces:
        text = text.str.replace_all(r"\s+", " ")
    if spec.case is not None:
        text = text.str.to_uppercase() if spec.case == "upper" else text.str.to_lowercase()
    if spec.values is not None:
        default = text if spec.otherwise == "keep" else None
        text = text.replace_strict(
            list(spec.values), list(spec.values.values()), default=default, return_dtype=pl.String
        )
    return pl.when(text != "").then(text)


def _derived(mapping: Mapping, spec: FieldSpec, frame: pl.DataFrame) -> pl.Series:
    """A digest of the columns and the row's ordinal among rows that are equal in them.

    The same file gives the same identifiers, and equal rows stay apart. Numbers of persons are masked before
    the digest: a digest of a telephone number could be turned back by trying them all.
    """
    parts = [_text(mapping, column, spec.blanks).fill_null("") for column in spec.derive or ()]
    content = frame.select(pl.concat_str(parts, separator="\x1f").alias("content"))
    numbered = content.select("content", pl.int_range(1, pl.len() + 1).over("content").alias("ordinal"))
    digests = [spec.prefix + _digest(f"{mask(text)}\x1e{ordinal}") for text, ordinal in numbered.iter_rows()]
    return pl.Series(digests, dtype=pl.String)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DERIVED_LETTERS].translate(_CONSONANTS)


def _refuse_numbers_for_identifiers(mapping: Mapping, source: Source) -> None:
    """A spreadsheet keeps 15 digits of a number: longer identifiers have lost their end and would merge
    silently. So have those that were written into a text as 3.30203E+17 or 202504253302030016.0."""
    for output in mapping.outputs:
        identifiers = {c.name for c in TABLES[output.table].columns if c.info.get("identifier")}
        for field, spec in output.fields.items():
            if field not in identifiers:
                continue
            for column in spec.columns:
                cells = source.frame[column].str.strip_chars()
                lost = cells.str.contains(_LOST).fill_null(False)
                if column in source.numeric:
                    long = cells.str.contains(r"^[+-]?\d{16,}|[eE]\+?\d+$").fill_null(False)
                    lost = lost | (source.numeric[column] & long)
                if lost.any():
                    row = source.frame[ROW].filter(lost)[0]
                    raise RefusedFile(
                        f"{source.name} row {row:,}: {column!r} was stored as a number of more than 15 "
                        f"digits and has lost its last ones; export {column!r} as text.",
                        f"{source.name} 第 {row:,} 行：“{column}”以数字格式保存且超过 15 位，末尾数字已丢失；"
                        f"请将“{column}”按文本格式导出。",
                    )
