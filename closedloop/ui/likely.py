"""Open items by how likely they are to miss a deadline that lies ahead; of items, never of persons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from closedloop.queries.deadlines import deadlines_ahead, deadlines_before
from closedloop.queries.reading import BUILD
from closedloop.queries.standing import OpenFilter
from closedloop.statistics.deadlines import (
    ANY_SEVERITY,
    LIKELY,
    SAME_SEVERITY,
    UNLIKELY,
    ClockHistory,
    chances_of_missing,
)
from closedloop.ui.asking import ask
from closedloop.ui.visit import Visit
from closedloop.warehouse.scope import Scope

#: How far back clocks are looked at: long enough for n, short enough to be how it is done now.
LOOK_BACK = timedelta(weeks=26)


def with_chances(ahead: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """``queries.deadlines.deadlines_ahead`` with what ``deadlines_before`` says of each of its rows.

    Adds ``chance`` (0 to 1, NaN where too few were watched so long), ``rests_on`` (how many were) and
    ``basis`` (``severity``, ``kind`` or ``nothing``).
    """
    history = ClockHistory(
        kind=_kind(before),
        severity=_severity(before["severity"]),
        elapsed=before["elapsed"].to_numpy(dtype=float),
        ended=before["ended"].to_numpy(dtype=bool),
        items=before["items"].to_numpy(dtype=float),
    )
    told = chances_of_missing(
        history,
        _kind(ahead),
        _severity(ahead["severity_at_start"]),
        ahead["elapsed"].to_numpy(dtype=float),
        ahead["due_share"].to_numpy(dtype=float),
    )
    return ahead.assign(chance=told.chance, rests_on=told.items, basis=told.basis)


def _kind(frame: pd.DataFrame) -> np.ndarray:
    pairs = zip(frame["loop"], frame["target"], strict=True)
    return np.array([f"{loop}:{target}" for loop, target in pairs], dtype=str)


def _severity(values: pd.Series) -> np.ndarray:
    return values.fillna("").to_numpy(dtype=str)


def likely_items(scope: Scope, as_of: datetime, wanted: OpenFilter, row_limit: int = 5000) -> pd.DataFrame:
    """Open items with a deadline ahead, most likely to miss it first.

    One row per work item, with the one of its deadlines ahead that it is likeliest to miss: columns of
    ``deadlines_ahead`` and of :func:`with_chances`, and ``all_items``, their number before the cut. What
    nothing can be said of comes last, the soonest deadline first. An empty frame means that no item which
    passes the filter has a deadline ahead. Asked like any question, so its answer is kept per build.
    """
    ahead = deadlines_ahead(scope, as_of, wanted)
    before = ask(deadlines_before, scope, as_of, ahead.attrs[BUILD], since=as_of - LOOK_BACK)
    told = with_chances(ahead, before).sort_values(
        ["chance", "due_at", "work_item_id", "target"],
        ascending=[False, True, True, True],
        na_position="last",
    )
    items = told.drop_duplicates("work_item_id")
    items = items.assign(all_items=len(items)).head(row_limit).reset_index(drop=True)
    items.attrs[BUILD] = ahead.attrs[BUILD]
    return items


def chance_text(visit: Visit, chance: float) -> str:
    """A coarse word and the percentage: ``很可能超期 72%``; a dash where too few were watched so long."""
    t = visit.t
    if chance != chance:
        return t("cannot be said")
    share = f"{chance:.0%}"
    if chance > LIKELY:
        return t("likely to miss {share}", share=share)
    return (
        t("may miss {share}", share=share)
        if chance >= UNLIKELY
        else t("unlikely to miss {share}", share=share)
    )


def basis_text(visit: Visit, row: Mapping) -> str:
    """What a chance rests on: ``n = 84, 同闭环同时限同颜色``."""
    t, n = visit.t, visit.texts.number(row["rests_on"])
    if row["basis"] == SAME_SEVERITY:
        return t("n = {n}, same target and colour", n=n)
    if row["basis"] == ANY_SEVERITY:
        return t("n = {n}, same target, any colour", n=n)
    return t("fewer than 30 were followed so long")
