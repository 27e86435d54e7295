"""Times as people and spreadsheets write them, rewritten as plain ones.

12-hour clocks (上午, 下午, PM), years of two digits, 2025年4月25日 8点半, a weekday in between, the serial
numbers of a spreadsheet. What cannot be told for certain is left as it was, and then is no time: 晚上12点 (of
which day?), a year of two digits that could be a day or a month.
"""

from __future__ import annotations

from datetime import date

import polars as pl

_DAY = r"(\d{4}|\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_WEEKDAY = r"\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?"
_MARK = r"(上午|下午|凌晨|清晨|早晨|早上|早|中午|傍晚|晚上|晚|夜间|(?i:[ap]\.?m\.?))"
_CLOCK = (
    r"(\d{1,2})(?:[:时](\d{1,2})(?:[:分](\d{1,2}))?(?:\.\d+)?[分秒]?"
    r"|[时点](\d{1,2}|半|整)?(?:分(\d{1,2})秒|分)?)"
)
_MOMENT = rf"^{_DAY}{_WEEKDAY}[\sT]*{_MARK}?\s*{_CLOCK}\s*{_MARK}?$"
_DATE = rf"^{_DAY}{_WEEKDAY}$"
#: Texts that plain formats do not read.
_UNUSUAL = r"[午晨早晚夜点时周]|星期|(?i:[ap]\.?m\.?)|^(?:\d{2}[-/.年]|\d{4}\.)"
#: Digits only, or a day in digits: 202504250830, 20250425 08:30.
_COMPACT = r"^(\d{4})(\d\d)(\d\d)[ T]?(\d\d):?(\d\d)(?::?(\d\d))?$"
#: A day of one column and a time of another, joined; the day has got a midnight from its spreadsheet.
_DAY_AND_TIME = r"^(\d{4}-\d\d-\d\d) 00:00:00 (\d{1,2}:\d{1,2}(?::\d{1,2})?)$"
#: Times of which nobody can say where a number ends and the next begins: 2025111010203, 2025-4-108:30.
_RUN_TOGETHER = r"^(?:\d{9,11}|\d{13}|\d{4}[-/.](?:\d[-/.]\d{3,}|\d\d[-/.]\d{3}(?:\D|$)|\d\d[-/.]\d{5,}).*)$"
_RUN_TOGETHER_DAY = r"^\d{5,7}$"
#: Days since the end of 1899, as a spreadsheet counts them: 1982 to 2064.
_SERIAL = r"^[3-5]\d{4}\.\d+$"
_SERIAL_DAY = r"^[3-5]\d{4}(?:\.0+)?$"

#: For each word the hours it may stand before, and the hour meant. 晚上12点 is in none.
_HOURS: dict[str, dict[int, int]] = {
    "am": {12: 0, **{h: h for h in range(12)}},
    "pm": {12: 12, 0: 12, **{h: h + 12 for h in range(1, 12)}, **{h: h for h in range(13, 24)}},
    "凌晨": {12: 0, **{h: h for h in range(7)}},
    "早": {h: h for h in range(4, 12)},
    "中午": {11: 11, 12: 12, 1: 13, 2: 14, 13: 13, 14: 14},
    "傍晚": {**{h: h + 12 for h in range(4, 9)}, **{h: h for h in range(16, 21)}},
    "晚": {**{h: h + 12 for h in range(5, 12)}, **{h: h for h in range(17, 24)}},
    "": {h: h for h in range(24)},
}
_SAME = {"上午": "am", "下午": "pm", "清晨": "早", "早晨": "早", "早上": "早", "晚上": "晚", "夜间": "晚"}


def plain_times(texts: pl.Series) -> pl.Series:
    """Unusual moments as ``2025-04-25 08:30:00``; every other text as it is."""
    texts = _rewritten(texts, texts.str.contains(_UNUSUAL), _moments)
    texts = _rewritten(texts, texts.str.contains(_COMPACT), _compact)
    texts = _rewritten(texts, texts.str.contains(_DAY_AND_TIME), _joined)
    return _rewritten(texts, texts.str.contains(_SERIAL), _serials)


def plain_dates(texts: pl.Series) -> pl.Series:
    """Unusual dates as ``2025-04-25``; every other text as it is."""
    texts = _rewritten(texts, texts.str.contains(_UNUSUAL), _dates)
    return _rewritten(texts, texts.str.contains(_SERIAL_DAY), _serials)


def run_together(texts: pl.Series, *, days: bool = False) -> pl.Series:
    """Which texts lack what parts their numbers: read one way or another, they are different times."""
    return texts.str.contains(_RUN_TOGETHER_DAY if days else _RUN_TOGETHER).fill_null(False)


def first_years() -> tuple[int, int]:
    """Years of two digits that can be nothing but a year: no month, and not yet to come."""
    return 13, date.today().year % 100 + 1


def _rewritten(texts: pl.Series, which: pl.Series, rewrite) -> pl.Series:
    which = which.fill_null(False)
    if not which.any():
        return texts
    chosen = texts.filter(which)
    return texts.scatter(which.arg_true(), rewrite(chosen).fill_null(chosen))


def _moments(texts: pl.Series) -> pl.Series:
    names = ["y", "m", "d", "before", "h", "min", "s", "min2", "s2", "after"]
    parts = _parts(texts, _MOMENT, names)
    word = (
        pl.coalesce("before", "after").fill_null("").str.to_lowercase().str.replace_all(".", "", literal=True)
    )
    minute = pl.coalesce("min", pl.col("min2").replace({"半": "30", "整": "0"})).fill_null("0")
    hours = {f"{word} {said}": hour for word, known in _HOURS.items() for said, hour in known.items()}
    key = pl.concat_str(
        word.replace(_SAME), pl.lit(" "), pl.col("h").cast(pl.Int32, strict=False).cast(pl.String)
    )
    hour = key.replace_strict(hours, default=None, return_dtype=pl.Int32).cast(pl.String)
    clock = [hour, minute, pl.coalesce("s", "s2").fill_null("0")]
    twice = pl.col("before").is_not_null() & pl.col("after").is_not_null()
    moment = pl.concat_str(_day(), pl.lit(" "), pl.concat_str([c.str.zfill(2) for c in clock], separator=":"))
    return parts.select(pl.when(~twice).then(moment).alias("moment"))["moment"]


def _compact(texts: pl.Series) -> pl.Series:
    parts = _parts(texts, _COMPACT, ["y", "m", "d", "h", "min", "s"])
    day = pl.concat_str("y", "m", "d", separator="-")
    clock = pl.concat_str("h", "min", pl.col("s").fill_null("00"), separator=":")
    return parts.select(pl.concat_str(day, clock, separator=" ").alias("moment"))["moment"]


def _joined(texts: pl.Series) -> pl.Series:
    return texts.str.replace(_DAY_AND_TIME, "${1} ${2}")


def _dates(texts: pl.Series) -> pl.Series:
    return _parts(texts, _DATE, ["y", "m", "d"]).select(_day().alias("day"))["day"]


def _parts(texts: pl.Series, pattern: str, names: list[str]) -> pl.DataFrame:
    found = texts.str.extract_groups(pattern).struct.unnest()
    found.columns = names
    return found


def _day() -> pl.Expr:
    year, (first, last) = pl.col("y"), first_years()
    short = year.cast(pl.Int32, strict=False).is_between(first, last)
    full = pl.when(year.str.len_chars() == 4).then(year).when(short).then(pl.lit("20") + year)
    return pl.concat_str(full, pl.col("m").str.zfill(2), pl.col("d").str.zfill(2), separator="-")


def _serials(texts: pl.Series) -> pl.Series:
    seconds = (texts.cast(pl.Float64, strict=False) * 86400).round(0).cast(pl.Int64, strict=False)
    moments = pl.select(pl.datetime(1899, 12, 30) + pl.duration(seconds=pl.lit(seconds))).to_series()
    return moments.dt.strftime("%Y-%m-%d %H:%M:%S")
