"""Texts to numbers and flags."""

from __future__ import annotations

import polars as pl

_YES = ("1", "true", "t", "yes", "y", "是", "有", "1.0", "有效", "真", "对", "√", "✓", "✔", "☑")
_NO = ("0", "false", "f", "no", "n", "否", "无", "0.0", "无效", "假", "错", "×", "✗", "✘", "☒")


def parse_integers(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whole numbers of four bytes, and which texts are none; ``3.0`` is how a spreadsheet writes 3."""
    plain = _plain(texts).str.replace(r"\.0+$", "")
    numbers = plain.set((~plain.str.contains(r"^[+-]?\d+$")).fill_null(False), None).cast(
        pl.Int64, strict=False
    )
    numbers = numbers.set((numbers.abs() > 2**31 - 1).fill_null(False), None)
    return numbers, texts.is_not_null() & numbers.is_null()


def parse_doubles(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Finite floating-point numbers, and which texts are none."""
    plain = _plain(texts)
    numbers = plain.cast(pl.Float64, strict=False)
    numbers = numbers.set((~numbers.is_finite()).fill_null(False), None)
    return numbers, texts.is_not_null() & numbers.is_null()


def parse_decimals(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Decimal numbers as their shortest text (35.00 is 35), so that equal amounts compare equal."""
    plain = _plain(texts).str.replace(r"^[+]", "")
    good = plain.str.contains(r"^-?\d{1,20}(?:\.\d{1,10})?$").fill_null(False)
    numbers = plain.set(~good, None).str.replace(r"(\.\d*?)0+$", "${1}").str.strip_chars_end(".")
    return numbers, texts.is_not_null() & numbers.is_null()


def parse_flags(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Yes and no in the ways exports write them, and which texts are neither."""
    plain = _plain(texts).str.to_lowercase()
    flags = plain.replace_strict(
        [*_YES, *_NO], [True] * len(_YES) + [False] * len(_NO), default=None, return_dtype=pl.Boolean
    )
    return flags, texts.is_not_null() & flags.is_null()


def _plain(texts: pl.Series) -> pl.Series:
    if texts.str.contains(r"[^\x00-\x7f]").any():
        return texts.str.normalize("NFKC").str.strip_chars()
    return texts
