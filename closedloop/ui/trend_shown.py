"""Everything that the page Trends shows of a choice, worked out at once and kept."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from closedloop.ui.trend_show import (
    bands_of,
    newest_period,
    parts_chart,
    parts_table,
    periods_table,
    whole_chart,
)
from closedloop.ui.trend_signals import no_limits_text, sentence, told_lines
from closedloop.ui.trend_target import target_of, target_sentence
from closedloop.ui.trend_view import TrendChoice, trend_of
from closedloop.ui.visit import Visit
from closedloop.ui.worked_out import worked_out_once


@dataclass(frozen=True)
class PartsShown:
    """The lines of stations or members: their chart, its scale in words, and their newest period."""

    chart: tuple[pd.DataFrame, dict]
    scale: str
    newest: str
    table: str


@dataclass(frozen=True)
class TrendShown:
    """The line over all stations chosen, what is said of it, and its parts; tables as HTML."""

    said: str
    target: str | None
    chart: tuple[pd.DataFrame, dict]
    has_limits: bool
    campaigns: tuple[str, ...]
    parts: PartsShown | None
    table: str


@worked_out_once
def trend_shown(visit: Visit, choice: TrendChoice) -> TrendShown | None:
    """What a choice leads to; None where nobody reported in its periods."""
    trend = trend_of(visit, choice)
    whole = trend.whole
    if whole is None or not any(row.figure.reported for row in whole.rows):
        return None
    bands, told = bands_of(visit, choice), told_lines(visit, choice, trend)
    target = target_of(visit, choice)
    said = no_limits_text(visit, choice)
    if told:
        said = f"**{sentence(visit, choice, whole, told[whole.key])}**"
    parts = None
    if trend.parts:
        frame, spec, scale = parts_chart(visit, choice, trend.parts, bands, told)
        parts = PartsShown(
            (frame, spec), scale, newest_period(visit, choice, whole), parts_table(visit, choice, trend, told)
        )
    return TrendShown(
        said=said,
        target=None if target is None else target_sentence(visit, choice, target, told.get(whole.key, ())),
        chart=whole_chart(visit, choice, whole, bands, told, target),
        has_limits=bool(told),
        campaigns=tuple(band.name for band in bands),
        parts=parts,
        table=periods_table(visit, choice, whole, told),
    )
