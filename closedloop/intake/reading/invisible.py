"""Characters that nobody sees: zero-width marks, marks of direction, control characters.

Systems and copying leave them in cells. An identifier with one of them would be another identifier.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from closedloop.intake.reading.source import ROW

_MARKS = "".join(
    map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD])
)
_CONTROLS = "".join(chr(c) for c in [*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
#: Bytes below a space that are no control characters here.
_ALLOWED = (b"\0", b"\t", b"\n", b"\r")
#: As a regular expression: everything a line of text is not made of.
INVISIBLE = f"[{_MARKS}{_CONTROLS}]"


#: The same marks as bytes of UTF-8, each kind with its own beginning, which is searched for quickly.
_IN_BYTES = [
    (begins, re.compile(pattern))
    for begins, pattern in (
        (b"\xe2", rb"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xa4])"),
        (b"\xef", rb"\xef\xbb\xbf"),
        (b"\xc2", rb"\xc2\xad"),
    )
]


#: Bytes looked at together: what fits the processor's own memory is counted several times as fast.
_PIECE = 1 << 20


def any_in(text: bytes) -> bool:
    """Whether a UTF-8 text holds one of them; much faster than asking its cells."""
    if any(begins in text and pattern.search(text) for begins, pattern in _IN_BYTES):
        return True
    octets = np.frombuffer(text, dtype=np.uint8)
    low = sum(np.count_nonzero(octets[at : at + _PIECE] < 0x20) for at in range(0, len(octets), _PIECE))
    allowed = sum(text.count(octet) for octet in _ALLOWED if octet in text)
    return low != allowed or b"\x7f" in text


def without_invisible(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells without them, columns that hold none untouched."""
    columns = [c for c in frame.columns if c != ROW and frame[c].str.contains(INVISIBLE).any()]
    return frame.with_columns(pl.col(columns).str.replace_all(INVISIBLE, "")) if columns else frame
