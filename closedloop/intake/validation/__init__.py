"""Validation: texts of mapped fields become typed rows of the contract, or rows for quarantine with every
reason.

Everything works on whole columns. Only rows that are wrong are ever looked at one by one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Table

from closedloop.intake.contract import business_columns, key_of
from closedloop.intake.mapping.model import FieldSpec
from closedloop.intake.masking import mask, mask_identifier
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reading import ROW, Unparseable
from closedloop.intake.reference import Reference
from closedloop.intake.validation.columns import LONGEST_TEXT, HowWritten, Problem
from closedloop.intake.validation.many_rows import type_columns
from closedloop.intake.validation.reasons import Reason, reason
from closedloop.intake.validation.rows import duplicates, stage_or_move, stages_of_loops

__all__ = ["BadRow", "HowWritten", "Reason", "Validated", "how_written", "validate"]


@dataclass(frozen=True)
class BadRow:
    """A row for quarantine: its content after dropping, hashing and masking, and all that is wrong with it.

    ``content`` is None for a line that could not be taken apart. Times that could be read are in it as UTC.
    """

    row: int
    reasons: tuple[Reason, ...]
    content: dict[str, str | None] | None


@dataclass(frozen=True)
class Validated:
    """``good`` has :data:`ROW` and every mapped field, typed; ``read = good + bad + repeats``.

    ``bad_keys`` are the keys of bad rows as they were read: they are present in the extract, wrong or not.
    They stay in memory: a key may be a person's number.
    """

    good: pl.DataFrame
    bad: tuple[BadRow, ...]
    repeats: int
    bad_keys: frozenset[str]
    bad_without_key: int

    @property
    def read(self) -> int:
        """Rows that were read."""
        return self.good.height + len(self.bad) + self.repeats


def validate(
    table: Table,
    texts: pl.DataFrame,
    how: dict[str, HowWritten],
    reference: Reference,
    pseudonymise: Pseudonymiser,
    unparseable: tuple[Unparseable, ...] = (),
) -> Validated:
    """Check and type the rows of one output. ``texts`` has :data:`ROW` and one string column per mapped
    field."""
    columns = [column for column in business_columns(table) if column.name in texts.columns]
    typed = type_columns(columns, texts, how, reference, pseudonymise)
    values = pl.DataFrame([texts[ROW], *(typed[c.name].values.alias(c.name) for c in columns)])
    problems = [problem for column in typed.values() for problem in column.problems]
    if table.name == "loop_events":
        values, found = _check_events(texts, values, reference)
        problems += found
    wrong = pl.zeros(texts.height, dtype=pl.Boolean, eager=True)
    for problem in problems:
        wrong = wrong | problem.rows
    good, against, repeats = duplicates(table, values.filter(~wrong) if wrong.any() else values)
    content = _Content(table, texts, values, problems, how, pseudonymise)
    bad = content.wrong_rows(wrong) + content.contradictions(against)
    bad += [BadRow(u.row, (reason("unparseable", detail=u.en, detail_zh=u.zh),), None) for u in unparseable]
    bad.sort(key=lambda b: b.row)
    key = key_of(table)
    bad_rows = pl.Series([b.row for b in bad], dtype=pl.Int64)
    keys = values[key].filter(values[ROW].is_in(bad_rows.implode()))
    nameless = keys.null_count() + len(unparseable)
    return Validated(good, tuple(bad), repeats, frozenset(keys.drop_nulls()), nameless)


def _check_events(
    texts: pl.DataFrame, values: pl.DataFrame, reference: Reference
) -> tuple[pl.DataFrame, list[Problem]]:
    for name in ("stage", "move"):
        if name not in values.columns:
            values = values.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    problems = stage_or_move(texts)
    stages, found = stages_of_loops(values, reference)
    return values.with_columns(stages.alias("stage")), problems + found


class _Content:
    """What may be kept of the bad rows of one output."""

    def __init__(
        self,
        table: Table,
        texts: pl.DataFrame,
        values: pl.DataFrame,
        problems: list[Problem],
        how: dict[str, HowWritten],
        pseudonymise: Pseudonymiser,
    ) -> None:
        self._columns = {c.name: c for c in business_columns(table) if c.name in texts.columns}
        self._key = key_of(table)
        self._texts, self._values, self._problems = texts, values, problems
        self._how, self._pseudonymise = how, pseudonymise

    def wrong_rows(self, wrong: pl.Series) -> list[BadRow]:
        """Every row with a problem, with all its reasons in the order of the columns."""
        if not wrong.any():
            return []
        places = wrong.arg_true().to_list()
        contents = self._contents(wrong)
        reasons: dict[int, list[Reason]] = defaultdict(list)
        for problem in self._problems:
            column = self._columns.get(problem.field) if problem.field else None
            zh = column.info["zh"] if column is not None else None
            hits = problem.rows.arg_true().to_list()
            if problem.field and problem.field in self._texts.columns:
                raw = self._texts[problem.field].gather(hits).to_list()
            else:
                raw = [None] * len(hits)
            for place, text in zip(hits, raw, strict=True):
                shown = None if text is None else self._safe(problem.field, text)
                reasons[place].append(reason(problem.code, problem.field, zh, shown, problem.detail))
        rows = self._texts[ROW].gather(places).to_list()
        return [
            BadRow(row, tuple(reasons[place]), content)
            for place, row, content in zip(places, rows, contents, strict=True)
        ]

    def contradictions(self, against: pl.DataFrame) -> list[BadRow]:
        """Rows of one key that differ, each naming the others."""
        if against.is_empty():
            return []
        others = dict(against.select(ROW, "others").iter_rows())
        chosen = self._texts[ROW].is_in(against[ROW].implode())
        contents = self._contents(chosen)
        zh = self._columns[self._key].info["zh"]
        rows = self._texts[ROW].filter(chosen).to_list()
        return [
            BadRow(
                row,
                (
                    reason(
                        "duplicate", self._key, zh, self._safe(self._key, content.get(self._key)), others[row]
                    ),
                ),
                content,
            )
            for row, content in zip(rows, contents, strict=True)
        ]

    def _contents(self, chosen: pl.Series) -> list[dict[str, str | None]]:
        raw = self._texts.filter(chosen)
        typed = self._values.filter(chosen)
        kept: list[dict[str, str | None]] = [{} for _ in range(raw.height)]
        for name in self._columns:
            readable = _as_texts(typed[name]).to_list()
            for content, text, good in zip(kept, raw[name].to_list(), readable, strict=True):
                if text is not None:
                    content[name] = good if good is not None else self._safe(name, text)
        for content in kept:
            for name, text in content.items():
                content[name] = self._safe(name, text)
        return kept

    def _safe(self, field: str | None, text: str | None) -> str | None:
        """A value as it may be kept: hashed, or masked."""
        if text is None:
            return None
        if len(text) > LONGEST_TEXT:
            # Masked with what follows the cut, so that no number is left in half.
            return mask(text[: LONGEST_TEXT + 100])[:LONGEST_TEXT] + "…"
        column = self._columns.get(field) if field else None
        if column is not None and column.info.get("pseudonym"):
            return self._pseudonymise(text)
        if column is not None and column.info.get("identifier"):
            return text if self._how[column.name].own_numbering else mask_identifier(text)
        return mask(text)


def _as_texts(values: pl.Series) -> pl.Series:
    """Typed values as texts that can be read back without knowing how the file wrote them."""
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if values.dtype == pl.Boolean:
        return values.cast(pl.Int8).cast(pl.String)
    return values.cast(pl.String)


def how_written(fields: dict[str, FieldSpec], zone: str) -> dict[str, HowWritten]:
    """From a mapping's field specs to how each field is written."""
    return {
        name: HowWritten(
            zone=spec.time_zone or zone,
            formats=spec.format,
            # A derived identifier is ours: letters only.
            own_numbering=spec.own_numbering or spec.derive is not None,
        )
        for name, spec in fields.items()
    }
