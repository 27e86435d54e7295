"""Cells that no spreadsheet executes."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

#: What a spreadsheet would take for a formula.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_nothing(value: object) -> bool:
    """None, NaN, NaT and NA: what is not known is an empty cell."""
    return value is None or value is pd.NA or value != value


def looks_like_formula(text: str) -> bool:
    """True for text that a spreadsheet may execute when it opens or edits the cell."""
    return text.startswith(_DANGEROUS)


def safe_cell(value: object) -> str:
    """A value as the text of a CSV cell: text that looks like a formula gets an apostrophe before it."""
    if is_nothing(value):
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if looks_like_formula(text) else text
