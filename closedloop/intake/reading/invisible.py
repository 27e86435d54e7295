"""Characters that nobody sees: zero-width marks, marks of direction, control characters.

Systems and copying leave them in cells. An identifier with one of them would be another identifier.
"""

from __future__ import annotations

import polars as pl

from closedloop.intake.reading.source import ROW

_MARKS = "".join(
    map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD])
)
_CONTROLS = "".join(chr(c) for c in [*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
#: As a regular expression: everything a line of text is not made of.
INVISIBLE = f"[{_MARKS}{_CONTROLS}]"


def any_in(text: bytes) -> bool:
    """Whether a UTF-8 text holds one of them; much faster than asking its cells."""
    if any(mark.encode() in text for mark in _MARKS):
        return True
    return len(text.translate(None, _CONTROLS.encode())) != len(text)


def without_invisible(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells without them, columns that hold none untouched."""
    columns = [c for c in frame.columns if c != ROW and frame[c].str.contains(INVISIBLE).any()]
    return frame.with_columns(pl.col(columns).str.replace_all(INVISIBLE, "")) if columns else frame
