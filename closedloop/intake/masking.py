"""Telephone and identity numbers in texts: found and masked before anything is written.

Two strictnesses, because a mistake costs differently:

* free text is masked broadly: any plausible number goes, and what is lost is a few digits of a sentence;
* an identifier column cannot be masked (rows would merge under the mask), so the row is quarantined, and only
  what really has the shape of a mobile, landline or identity number counts. Hashes and UUIDs never do.

Digits may be full-width and may have spaces, hyphens or dots inside. One implementation serves single strings
and whole columns: columns are searched in the data-frame engine, and only values that hold a long run of
digits come here.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate, pairwise

import polars as pl

PHONE_MASK = "[电话]"
IDENTITY_MASK = "[证件号]"

# Between two digits of one number: spaces of every width, zero-width marks, hyphens and dashes, brackets, a
# dot; and what stands in lists as well, where only groups as people write them count.
_IN_LISTS = "/_，,*＊／"
_GAP = r"[\s\u00a0\u200b-\u200d\u2060\ufeff\-‐‑‒–—―－()（）.．·/_，,*＊／]"
_RUN = re.compile(rf"\d(?:{_GAP}{{0,3}}\d){{6,}}(?:{_GAP}{{0,3}}[XxＸｘ](?![A-Za-z0-9]))?")
_GROUP = re.compile(r"\d+(?:[XxＸｘ])?|[XxＸｘ]")
_PHONE_WORD = re.compile(
    r"(?:电话|手机|座机|固话|联系|致电|来电|tel|phone|mobile|call)\W{0,6}$", re.IGNORECASE
)

_MOBILE = re.compile(r"(?:(?:00)?86)?0?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}")
_AREA_CODE = re.compile(r"(?:(?:00)?86)?0(?:10|2\d|[3-9]\d{2})")
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY_18 = re.compile(rf"{_PROVINCE}\d{{4}}(?:18|19|20)\d{{2}}{_MONTH_DAY}\d{{3}}[\dX]")
_IDENTITY_15 = re.compile(rf"{_PROVINCE}\d{{4}}\d{{2}}{_MONTH_DAY}\d{{3}}")
#: Where one of these may begin, in digits without gaps.
_BEGINS = re.compile("|".join(p.pattern for p in (_MOBILE, _LANDLINE, _IDENTITY_18, _IDENTITY_15)))
#: A digit at a time is the finest a number is written; more groups than this belong to no one number.
_MOST_GROUPS = 24
#: Digits in one piece that are no number any more but several of them.
_GLUED = 19
_SPOKEN = re.compile(rf"[零〇一二三四五六七八九幺两](?:{_GAP}{{0,3}}[零〇一二三四五六七八九幺两]){{10,}}")
_ANY_15_OR_18 = re.compile(r"\d{15}|\d{17}[\dX]")

#: A number that a program kept as a fraction: 1.3912345678E+10.
_SCIENTIFIC = re.compile(r"(?<![\d.])[1-9]\.\d{8,17}[eE]\+?(1[0147])(?!\d)")

_HASH = re.compile(
    r"(?:p1-)?[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)

# What the data-frame engine looks for. Supersets of the above without look-around; the final word is
# Python's.
_RUST_GAP = r"[\s\u{a0}\u{200b}-\u{200d}\u{2060}\u{feff}\-‐‑‒–—―－()（）.．·/_，,*＊／]{0,3}"
_LONG_RUN = (
    rf"(?:\d{_RUST_GAP}){{10,}}"
    rf"|(?:[零〇一二三四五六七八九幺两]{_RUST_GAP}){{11,}}"
    rf"|(?i:电话|手机|座机|固话|联系|致电|来电|tel|phone|mobile|call)\W{{0,6}}(?:\d{_RUST_GAP}){{7,}}"
)
_G = _RUST_GAP
_IDENTIFIER_SUSPECT = (
    r"(?:^|\D)(?:"
    rf"(?:(?:00)?86{_G})?(?:0{_G})?1{_G}[3-9](?:{_G}\d){{9}}"
    rf"|(?:(?:00)?86{_G})?0{_G}(?:1{_G}0|2{_G}\d|[3-9]{_G}\d{_G}\d){_G}[2-8](?:{_G}\d){{6,7}}"
    rf"|[1-9](?:{_G}\d){{7}}{_G}[01](?:{_G}\d){{6}}"
    rf"|[1-9](?:{_G}\d){{5}}{_G}(?:1{_G}[89]|2{_G}0)(?:{_G}\d){{9}}{_G}[\dXx]"
    r")(?:\D|$)"
)


def mask(value: str) -> str:
    """The text with every telephone number as ``[电话]`` and every identity number as ``[证件号]``."""
    if len(value) <= 6:
        return value
    value = _SCIENTIFIC.sub(lambda m: PHONE_MASK if m[1] in ("10", "11") else IDENTITY_MASK, value)
    return _SPOKEN.sub(PHONE_MASK, _RUN.sub(_mask_run, value))


def identifies_person(value: str) -> bool:
    """Whether an identifier holds a mobile, landline or identity number. Hashes and UUIDs do not."""
    if len(value) < 10 or _HASH.fullmatch(value):
        return False
    return any(_numbers_in(run, strict=True) for run in _RUN.finditer(value))


def mask_identifier(value: str) -> str:
    """An identifier as it may be kept in quarantine: masked only where it really is a person's number."""
    return mask(value) if identifies_person(value) else value


def mask_column(column: pl.Series) -> pl.Series:
    """:func:`mask` for a column of strings; nulls stay null."""
    if column.null_count() == len(column):
        return column
    suspects = column.unique().drop_nulls()
    suspects = suspects.filter(suspects.str.contains(_LONG_RUN))
    changed = {value: masked for value in suspects if (masked := mask(value)) != value}
    if not changed:
        return column
    return column.replace(list(changed), list(changed.values()))


def persons_in_column(column: pl.Series) -> pl.Series:
    """:func:`identifies_person` for a column of strings: true where an identifier holds a person's number."""
    plain = column.str.normalize("NFKC") if column.str.contains(r"[^\x00-\x7f]").any() else column
    suspect = plain.str.contains(_IDENTIFIER_SUSPECT).fill_null(False)
    if not suspect.any():
        return suspect
    values = column.filter(suspect).unique()
    guilty = [value for value in values if identifies_person(value)]
    return (
        column.is_in(guilty).fill_null(False)
        if guilty
        else pl.zeros(len(column), dtype=pl.Boolean, eager=True)
    )


def persons_in_numbers(numbers: pl.Series) -> pl.Series:
    """True where a plain decimal number has the digits of a mobile or identity number, whatever its sign."""
    whole = numbers.str.replace(r"^-?0*", "").str.replace(r"\..*$", "")
    suspect = whole.str.contains(
        rf"^(?:(?:86)?1[3-9]\d{{9}}|{_PROVINCE}\d{{4}}(?:18|19|20)\d{{2}}{_MONTH_DAY}\d{{4}}"
        rf"|{_PROVINCE}\d{{6}}{_MONTH_DAY}\d{{3}})$"
    )
    return suspect.fill_null(False)


def _mask_run(run: re.Match[str]) -> str:
    text, pieces, end = run.string, [], run.start()
    for start, stop, replacement in _numbers_in(run, strict=False):
        pieces += [text[end:start], replacement]
        end = stop
    return "".join([*pieces, text[end : run.end()]])


def _numbers_in(run: re.Match[str], *, strict: bool) -> list[tuple[int, int, str]]:
    """Start, end and mask of every person's number in a run of digits and gaps, the longest first from the
    left."""
    text = run.string
    groups = [(m.start(), m.end()) for m in _GROUP.finditer(text, run.start(), run.end())]
    digits = [_ascii(text[start:end]) for start, end in groups]
    dotted = [any(c in ".．·" for c in text[a[1] : b[0]]) for a, b in pairwise(groups)]
    listed = [any(c in _IN_LISTS for c in text[a[1] : b[0]]) for a, b in pairwise(groups)]
    offsets = [0, *accumulate(len(group) for group in digits)]
    together = "".join(digits)
    found, first = [], 0
    while first < len(groups):
        one_piece = len(digits[first]) >= 15
        if not one_piece and not _BEGINS.match(together, offsets[first]):
            first += 1
            continue
        for last in range(min(len(groups), first + _MOST_GROUPS) - 1, first - 1, -1):
            if last > first and offsets[last + 1] - offsets[first] > 18:
                continue
            mask_text = _classify(
                digits[first : last + 1], any(dotted[first:last]), any(listed[first:last]), strict
            )
            if mask_text:
                found.append((groups[first][0], groups[last][1], mask_text))
                first = last
                break
        first += 1
    if not found and not strict and _PHONE_WORD.search(text, max(0, run.start() - 12), run.start()):
        return [(run.start(), run.end(), PHONE_MASK)]
    return found


def _classify(groups: list[str], dotted: bool, listed: bool, strict: bool) -> str | None:
    number = "".join(groups)
    one_piece = len(groups) == 1
    if one_piece and not strict and len(number) >= _GLUED:
        return IDENTITY_MASK
    if len(number) < 10 or len(number) > 18:
        return None
    lengths = tuple(len(group) for group in groups)
    if dotted and lengths != (3, 4, 4):
        return None
    if listed and not _written_in_groups(groups, lengths):
        return None
    if _MOBILE.fullmatch(number) and (one_piece or not strict or _spoken_in_groups(groups)):
        return PHONE_MASK
    if _LANDLINE.fullmatch(number) and (one_piece or _starts_with_area_code(groups)):
        return PHONE_MASK
    if _IDENTITY_18.fullmatch(number) or _IDENTITY_15.fullmatch(number):
        return IDENTITY_MASK
    if one_piece and not strict and _ANY_15_OR_18.fullmatch(number):
        return IDENTITY_MASK
    return None


def _written_in_groups(groups: list[str], lengths: tuple[int, ...]) -> bool:
    """Whether pieces with commas or strokes between them are one number, not a list or a path."""
    if groups[0] in ("86", "0086", "0"):
        lengths = lengths[1:]
    return (
        lengths in ((3, 4, 4), (4, 4, 4), (3, 8), (4, 7), (4, 8), (3, 3, 5), (11,), (12,))
        or all(length == 1 for length in lengths)
        or lengths[0] == 6
    )


def _spoken_in_groups(groups: list[str]) -> bool:
    """Whether the pieces are how people write a mobile number, not parts of a structured identifier."""
    pieces = groups[1:] if groups[0] in ("86", "0086") else groups
    if len(pieces) > 1 and pieces[0] == "0":
        pieces = pieces[1:]
    elif pieces[0].startswith("01"):
        pieces = [pieces[0][1:], *pieces[1:]]
    return len(pieces[0]) == 3 or len(pieces[0]) == 11 or all(len(piece) == 1 for piece in pieces)


def _starts_with_area_code(groups: list[str]) -> bool:
    area = groups[1] if groups[0] in ("86", "0086") else groups[0]
    return _AREA_CODE.fullmatch(area) is not None


def _ascii(digits: str) -> str:
    return unicodedata.normalize("NFKC", digits).upper()
