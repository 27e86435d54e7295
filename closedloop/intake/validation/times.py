"""Texts to moments in UTC, and to dates."""

from __future__ import annotations

import polars as pl

from closedloop.intake.validation.clocks import plain_dates, plain_times, run_together

#: How times are written where nobody says otherwise: with a time of day, because a day alone is not a moment.
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H时%M分%S秒",
    "%Y年%m月%d日%H时%M分",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
)
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y年%m月%d日",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
)

_OFFSET = r"[T :]\d[\d:.]* ?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"
#: How databases and spreadsheets write a moment. [0-9] and not \d, which has the digits of every script.
_USUAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def parse_times(
    texts: pl.Series, zone: str, formats: tuple[str, ...] | None = None
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Moments in UTC, which texts are no time, and which name an hour that the zone's clocks skipped.

    A text with an offset keeps it; the others are local times of the zone, the earlier one where clocks went
    back. Without ``formats`` the usual ways of writing are tried, 12-hour clocks and serial numbers of
    spreadsheets among them; with them, only these.
    """
    if formats is not None:
        return _any_times(texts, zone, formats)
    local = _usual_moments(texts)
    moments, wrong, skipped = _moments(local, local.is_not_null(), zone)
    others = texts.is_not_null() & local.is_null()
    if not others.any():
        return moments, wrong, skipped
    parsed = _any_times(texts.filter(others), zone, None)
    places = others.arg_true()
    return (
        moments.scatter(places, parsed[0]),
        wrong.scatter(places, parsed[1]),
        skipped.scatter(places, parsed[2]),
    )


def _usual_moments(texts: pl.Series) -> pl.Series:
    """Local times of the texts that are written as programs write them, digit for digit: every other way of
    reading would find the same in them. The rest, and what is no time, is null."""
    fits = texts.str.contains(_USUAL).fill_null(False)
    local = texts.str.strptime(pl.Datetime("us"), TIME_FORMATS[0], strict=False)
    return local if fits.all() else local.set(~fits, None)


def _any_times(
    texts: pl.Series, zone: str, formats: tuple[str, ...] | None
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """:func:`parse_times` for texts written in any way."""
    texts = _plain(texts)
    said = texts.is_not_null()
    if not said.any():
        nothing = pl.Series([], dtype=pl.Datetime("us", "UTC")).extend_constant(None, len(texts))
        return nothing, said, said
    if formats is None:
        texts = plain_times(texts)
        texts = texts.set(run_together(texts), None)
    with_offset = texts.str.contains(_OFFSET).fill_null(False)
    local_texts = texts if not with_offset.any() else texts.set(with_offset, None)
    local = _first_that_fits(local_texts, formats or TIME_FORMATS, pl.Datetime("us"))
    other = None
    if with_offset.any():
        other = _with_offset(texts.set(~with_offset, None), formats)
    return _moments(local, said, zone, other)


def _moments(
    local: pl.Series, said: pl.Series, zone: str, with_offset: pl.Series | None = None
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Local times of the zone, and moments that had an offset, as moments in UTC; what was said and is none;
    and the hours that the zone skipped."""
    moments = local.dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
    skipped = local.is_not_null() & moments.is_null()
    if with_offset is not None:
        moments = moments.zip_with(with_offset.is_null(), with_offset)
    # In the engine: the first hours of the year 1 are no moment of Python in UTC.
    years = moments.dt.year()
    impossible = ((years < _FIRST_YEAR) | (years > _LAST_YEAR)).fill_null(False)
    if impossible.any():
        moments = moments.set(impossible, None)
    return moments, said & moments.is_null() & ~skipped, skipped


def parse_dates(texts: pl.Series, formats: tuple[str, ...] | None = None) -> tuple[pl.Series, pl.Series]:
    """Dates, and which texts are none. A midnight after the date is a spreadsheet's way of writing one."""
    texts = _plain(texts)
    if texts.null_count() == len(texts):
        return texts.cast(pl.Date), texts.is_not_null()
    said = texts.is_not_null()
    if formats is None:
        texts = plain_dates(texts)
        texts = texts.set(run_together(texts, days=True), None)
    moments = _first_that_fits(texts, formats or DATE_FORMATS, pl.Datetime("us"))
    years = moments.dt.year()
    midnight = (moments.dt.truncate("1d") == moments).fill_null(False)
    dates = moments.dt.date().set(~midnight | (years < _FIRST_YEAR) | (years > _LAST_YEAR), None)
    return dates, said & dates.is_null()


def _plain(texts: pl.Series) -> pl.Series:
    """Full-width digits and colons as plain ones; one space between the parts."""
    if texts.str.contains(r"[^\x00-\x7f]").any():
        texts = texts.str.normalize("NFKC").str.strip_chars()
    if texts.str.contains(r"\s\s|[\n\r\t]").any():
        texts = texts.str.replace_all(r"\s+", " ")
    return texts


def _first_that_fits(texts: pl.Series, formats: tuple[str, ...], dtype: pl.Datetime) -> pl.Series:
    """Each text by the first format it fits. Formats that fit nothing of what is left cost one pass over a
    sample."""
    parsed: pl.Series | None = None
    for pattern in formats:
        left = texts if parsed is None else texts.set(parsed.is_not_null(), None)
        rest = len(left) - left.null_count()
        if rest == 0:
            break
        if rest > 1000 and _parse(left.drop_nulls().head(200), pattern, dtype).null_count() == 200:
            # Nothing of the sample fits; the few that may are caught in a second round below.
            continue
        found = _parse(left, pattern, dtype)
        parsed = found if parsed is None else parsed.fill_null(found)
    if parsed is None:
        parsed = _parse(texts.set(texts.is_not_null(), None), formats[0], dtype)
    missing = texts.is_not_null() & parsed.is_null()
    if missing.any() and missing.sum() < len(texts):
        few = texts.filter(missing)
        again: pl.Series | None = None
        for pattern in formats:
            found = _parse(few, pattern, dtype)
            again = found if again is None else again.fill_null(found)
        if again is not None and again.null_count() < len(again):
            parsed = parsed.scatter(missing.arg_true(), again)
    return parsed


def _parse(texts: pl.Series, pattern: str, dtype: pl.Datetime) -> pl.Series:
    if "%H" in pattern or "%I" in pattern:
        return texts.str.strptime(dtype, pattern, strict=False)
    return texts.str.strptime(pl.Date, pattern, strict=False).cast(dtype)


def _with_offset(texts: pl.Series, formats: tuple[str, ...] | None) -> pl.Series:
    plain = (
        texts.str.replace(r" ?([Zz]|[+-][\d:]+)$", "${1}")
        .str.replace(r"[Zz]$", "+00:00")
        .str.replace(r"([+-]\d{2})$", "${1}:00")
    )
    patterns = [p if "%z" in p else f"{p}%z" for p in formats or TIME_FORMATS[:9]]
    dtype = pl.Datetime("us", "UTC")
    parsed: pl.Series | None = None
    for pattern in patterns:
        found = plain.str.strptime(dtype, pattern, strict=False)
        parsed = found if parsed is None else parsed.fill_null(found)
        if parsed.null_count() == texts.null_count():
            break
    assert parsed is not None, "there is a format"
    return parsed
