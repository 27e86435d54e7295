"""The comparison of stations as a download: every figure the page shows, through the same choice."""

from __future__ import annotations

import pandas as pd

from closedloop.ui.compare_show import days_text, verdict_word
from closedloop.ui.compare_view import LIMITS, compared, read_compare
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.metric_text import metric_name
from closedloop.ui.visit import Visit


def _labels(visit: Visit) -> dict[str, str]:
    t = visit.t
    limits = (
        t("Lower 95 % limit"),
        t("Upper 95 % limit"),
        t("Lower 99.8 % limit"),
        t("Upper 99.8 % limit"),
    )
    return {
        "station": t("Station"),
        "key": t("Code"),
        "part": t("Numerator"),
        "whole": "n",
        "value": t("Share in percent"),
        "lower": t("Lower end of the 95 % interval"),
        "upper": t("Upper end of the 95 % interval"),
        **dict(zip(LIMITS, limits, strict=True)),
        "verdict": t("Verdict"),
        "notes": t("Remarks"),
    }


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _make(visit: Visit, params: Params, row_limit: int) -> Exported:
    choice = read_compare(params, visit)
    if choice is None:
        return Exported(pd.DataFrame(), {})
    found = [
        {
            "station": visit.names.station(one.station),
            "key": one.station,
            "part": one.part,
            "whole": one.whole,
            "value": _percent(one.value),
            "lower": _percent(one.lower),
            "upper": _percent(one.upper),
            **{name: _percent(limit) for name, limit in zip(LIMITS, one.limits or [None] * 4, strict=True)},
            "verdict": verdict_word(visit, one, choice.metric["polarity"]),
            "notes": days_text(visit, one),
        }
        for one in compared(visit, choice).stations
    ]
    labels = _labels(visit)
    frame = pd.DataFrame(found[:row_limit], columns=list(labels))
    for column in ("part", "whole"):
        frame[column] = frame[column].astype("Int64")
    return Exported(
        frame, labels, [metric_name(visit, choice.metric), f"{choice.first_day} – {choice.last_day}"]
    )


COMPARE_EXPORT = Export("compare", lambda visit: visit.t("Compare"), _make)
