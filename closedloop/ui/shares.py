"""Shares as the pages say them: never without what they rest on, and no per cent of a handful."""

from __future__ import annotations

from closedloop.statistics.intervals import wilson
from closedloop.ui.visit import Visit

#: Below it a share says more about chance than about the station; the counts are shown instead.
MIN_N = 20


def share_text(visit: Visit, part: int | None, whole: int | None) -> str:
    """``84.2%``; ``3 / 7`` of fewer than MIN_N; a dash of none."""
    if part is None or not whole:
        return "—"
    if whole < MIN_N:
        return f"{visit.texts.number(part)} / {visit.texts.number(whole)}"
    return f"{part / whole:.1%}"


def of_n(visit: Visit, part: int, whole: int) -> str:
    """``578 of 581``."""
    return visit.t("{part} of {whole}", part=visit.texts.number(part), whole=visit.texts.number(whole))


def interval_text(part: int | None, whole: int | None) -> str:
    """Wilson's 95 % interval of a share, ``98.5–99.8%``; nothing below MIN_N, where no share is shown."""
    if part is None or whole is None or whole < MIN_N:
        return ""
    around = wilson(part, whole)
    return f"{100 * float(around.lower):.1f}–{100 * float(around.upper):.1f}%"


def of_n_within(visit: Visit, part: int, whole: int) -> str:
    """``578 of 581 (95%: 98.5–99.8%)``."""
    around = interval_text(part, whole)
    counts = of_n(visit, part, whole)
    return visit.t("{counts} (95%: {interval})", counts=counts, interval=around) if around else counts
