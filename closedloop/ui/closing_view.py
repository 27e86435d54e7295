"""Time to close as curves, a table and sentences that can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from closedloop.statistics.survival import LogRank, Survival, kaplan_meier, log_rank
from closedloop.ui.closing_choice import MOST_LINES, ClosingChoice, member_name, members, split_name
from closedloop.ui.shares import MIN_N
from closedloop.ui.visit import Visit

_COLUMN = {"severity": "severity", "station": "station_id", "loop": "loop"}


@dataclass(frozen=True, eq=False)
class Group:
    """A part of the cohort: what was counted, and its curve in minutes.

    ``within`` is the curve in shares of each item's own limit (1 = the deadline), of those that have one.
    """

    member: str | None
    items: int
    closed: int
    open: int
    cancelled: int
    curve: Survival
    within: Survival
    closed_median: float

    @property
    def enough(self) -> bool:
        """False where figures would say more about chance than about the items."""
        return self.items >= MIN_N


def group_of(times: pd.DataFrame, member: str | None = None) -> Group:
    """The rows of ``queries.closing.closing_times`` as one group."""
    items = times["items"].to_numpy(dtype=np.int64)
    by_outcome = times.groupby("outcome")["items"].sum()
    counted = {name: int(by_outcome.get(name, 0)) for name in ("closed", "open", "cancelled")}
    limited = times[times["limit_minutes"].notna() & (times["limit_minutes"].astype(float) > 0)]
    limit = limited["limit_minutes"].to_numpy(dtype=float)
    ages = _ages(times)
    closed_minutes = np.repeat(ages["durations"], items)[np.repeat(ages["closed"], items)]
    return Group(
        member=member,
        items=int(items.sum()),
        **counted,
        curve=kaplan_meier(**ages),
        within=kaplan_meier(**_ages(limited, limit)),
        closed_median=float(np.median(closed_minutes)) if closed_minutes.size else np.nan,
    )


def _ages(times: pd.DataFrame, scale: np.ndarray | float = 1.0) -> dict[str, Any]:
    """What ``kaplan_meier`` asks of each row: the age at its end or when last seen, whether it closed, the
    age when first seen (None where all were seen from their opening), how many items it stands for.
    """
    unseen = times["unseen_minutes"].to_numpy(dtype=float) / scale
    return {
        "durations": times["minutes"].to_numpy(dtype=float) / scale,
        "closed": (times["outcome"] == "closed").to_numpy(dtype=bool),
        "entered": unseen if (unseen > 0).any() else None,
        "items": times["items"].to_numpy(dtype=np.int64),
    }


def groups(visit: Visit, times: pd.DataFrame, by: str) -> list[Group]:
    """The parts of a split that have items, in their fixed order."""
    key = times[_COLUMN[by]].fillna("none") if by == "severity" else times[_COLUMN[by]]
    parts = dict(list(times.groupby(key, sort=False)))
    return [group_of(parts[member], member) for member in members(visit, by) if member in parts]


def compared(times: pd.DataFrame, by: str, found: Sequence[Group]) -> LogRank | None:
    """The log-rank test of the parts of a split that are large enough; None with nothing to compare.

    Loops are not compared: an incident and a dispute are not the same work.
    """
    large = [group.member for group in found if group.enough]
    if by == "loop" or len(large) < 2:
        return None
    key = times[_COLUMN[by]].fillna("none")
    chosen = times[key.isin(large)]
    return log_rank(group=key[chosen.index].to_numpy(dtype=str), **_ages(chosen))


def span(visit: Visit, minutes: float) -> str:
    """Minutes as the page says them; what was not reached is said, not left empty."""
    if minutes == np.inf:
        return visit.t("not reached")
    return "—" if minutes != minutes else visit.texts.duration(timedelta(minutes=float(minutes)))


def shown_groups(choice: ClosingChoice, found: Sequence[Group], whole: Group) -> list[Group]:
    """The groups to draw, at most four: those asked for, else the first; of many stations none is first, so
    all together.
    """
    large = [group for group in found if group.enough]
    if choice.show:
        return [group for group in large if group.member in choice.show]
    if choice.by == "station" and len(large) > MOST_LINES:
        return [whole] if whole.enough else []
    return large[:MOST_LINES]


def undrawn(visit: Visit, choice: ClosingChoice, found: Sequence[Group], shown: Sequence[Group]) -> str:
    """Which groups have no line, and why; empty where each has one."""
    t = visit.t
    few, others = ([], [])
    for group in found:
        if group not in shown:
            (others if group.enough else few).append(member_name(visit, choice.by, group.member or ""))
    told = []
    if others and any(group.member is None for group in shown):
        told.append(t("Drawn are all of them together; up to 4 can be chosen above."))
    elif others:
        told.append(t("Not drawn: {names}; up to 4 can be chosen above.", names=t(", ").join(others)))
    if few and shown:
        told.append(t("Not drawn, with fewer than 20 items: {names}.", names=t(", ").join(few)))
    return " ".join(told)


def sentence(visit: Visit, choice: ClosingChoice, whole: Group) -> str:
    """What a leader can repeat about one loop."""
    t, number = visit.t, visit.texts.number
    loop = visit.names.loop(choice.cohort.loop)
    if not whole.enough:
        return t("{loop}, opened n = {n}: too few for a figure.", n=number(whole.items), loop=loop)
    middle, low, high = whole.curve.median
    still = t("{n} of them still open", n=number(whole.open)) if whole.open else t("none of them still open")
    if middle == np.inf:
        told = t(
            "Of {n} items of {loop}, fewer than half have been closed so far; {open} are still open.",
            n=number(whole.items),
            loop=loop,
            open=number(whole.open),
        )
    else:
        told = t(
            "{loop}: half are closed within {median} (95% interval {low} – {high}, n = {n}, {still}).",
            loop=loop,
            median=span(visit, middle),
            low=span(visit, low),
            high=span(visit, high),
            n=number(whole.items),
            still=still,
        )
    late = float(whole.within.at(1.0)) if whole.within.items >= MIN_N else np.nan
    if late == late:
        told += " " + t("{share} are closed within their limit.", share=f"{1 - late:.1%}")
    return told


def comparison(visit: Visit, by: str, test: LogRank, found: Sequence[Group]) -> str:
    """What the log-rank test says, in words."""
    t = visit.t
    left_out = [member_name(visit, by, group.member or "") for group in found if not group.enough]
    p = "p < 0.001" if test.p < 0.001 else f"p = {test.p:.3f}"
    what = split_name(visit, by)
    if test.p >= 0.05:
        told = t("{what}: the differences are within chance (log-rank {p}).", what=what, p=p)
    elif by == "severity":
        told = t(
            "{what}: the curves differ beyond chance (log-rank {p}), as they should where limits differ.",
            what=what,
            p=p,
        )
    else:
        told = t(
            "{what}: the curves differ beyond chance (log-rank {p}). It does not say which, or why: look "
            "at the kinds of matter before anything else.",
            what=what,
            p=p,
        )
    if left_out:
        told += " " + t("Left out, with fewer than 20 items: {names}.", names=t(", ").join(left_out))
    return told


def open_params(visit: Visit, choice: ClosingChoice) -> Mapping[str, Any]:
    """The address of the open list with the same filters, besides those of every page."""
    cohort = choice.cohort
    params = {
        "loop": cohort.loop,
        "of": [] if visit.station else list(cohort.stations),
        "opened_from": choice.first_day.isoformat(),
        "opened_to": choice.last_day.isoformat(),
        "colour": list(cohort.severities),
    }
    return {name: value for name, value in params.items() if value}
