"""Will this open item miss its deadline? Asked of all clocks of its kind, the running ones included.

Time is counted in shares of the limit: 1 is the deadline. So limits in working days that span a weekend and
such that do not speak of the same thing, and an extension is simply a limit above 1. ::

    P(missed | still running at age a) = S(limit)/S(a)          a, limit in shares of the limit at the start

S is the Kaplan–Meier curve of the clocks of the same kind and severity. If fewer than :data:`ENOUGH` of
those were watched beyond the present age, the curve of the kind, of any severity, speaks instead; if it is
as thin, nobody does (NaN). Source: Kalbfleisch & Prentice, conditional survival. Worked number: clocks of
one kind that end at 0.2, 0.4, 0.6 … 2.0 of their limit (ten each), one running at 0.5: S(1)/S(0.5) =
0.5/0.8 = 0.625, resting on 80.

What it does not say: anything about the person who has the item, or about what makes this one different. It
supposes that it goes on as others of its kind and age did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from closedloop.statistics.arguments import Floats, amounts, counts
from closedloop.statistics.survival import Survival, kaplan_meier

#: Clocks that must have been watched beyond an age before anything is said about it.
ENOUGH = 30

#: Where words change: IPCC's guidance note calls above two thirds likely, below one third unlikely.
LIKELY, UNLIKELY = 2 / 3, 1 / 3

#: What a chance rests on: clocks of the kind and severity, of the kind, or nothing.
SAME_SEVERITY, ANY_SEVERITY, NOTHING = "severity", "kind", "nothing"


@dataclass(frozen=True, eq=False)
class ClockHistory:
    """Clocks that were watched, counted: equal ones may stand in one row.

    ``elapsed`` in shares of the limit, at the end or when last seen; ``ended`` true where a stage stopped the
    clock; ``items`` how many such clocks.
    """

    kind: ArrayLike
    severity: ArrayLike
    elapsed: ArrayLike
    ended: ArrayLike
    items: ArrayLike


@dataclass(frozen=True, eq=False)
class Chances:
    """One entry per running clock, in the order given. ``chance`` is NaN where nothing can be said.

    ``items``: the clocks of ``basis`` that were watched beyond its age, 0 where nothing is said.
    """

    chance: Floats
    items: np.ndarray
    basis: np.ndarray


def chances_of_missing(
    history: ClockHistory, kind: ArrayLike, severity: ArrayLike, elapsed: ArrayLike, limit: ArrayLike
) -> Chances:
    """The chance of each running clock to pass its limit. ``elapsed`` and ``limit`` in shares of the limit.

    A severity may be any text; an item without one has a severity of its own, such as ``""``.
    """
    kind, severity = np.asarray(kind, dtype=str), np.asarray(severity, dtype=str)
    elapsed, limit = amounts(elapsed, "elapsed"), amounts(limit, "limit")
    if not kind.shape == severity.shape == elapsed.shape == limit.shape or kind.ndim != 1:
        raise ValueError(
            "kind, severity, elapsed and limit must be one list each, equally long: "
            f"{kind.shape}, {severity.shape}, {elapsed.shape}, {limit.shape}"
        )
    chance = np.full(kind.shape, np.nan)
    items = np.zeros(kind.shape, dtype=np.int64)
    basis = np.full(kind.shape, NOTHING, dtype="U8")
    known_kind, known_severity = np.asarray(history.kind, dtype=str), np.asarray(history.severity, dtype=str)
    for one in np.unique(kind):
        of_kind = known_kind == one
        asked = kind == one
        curves = [
            (asked & (severity == s), of_kind & (known_severity == s)) for s in np.unique(severity[asked])
        ]
        for (here, chosen), name in [(pair, SAME_SEVERITY) for pair in curves] + [
            ((asked, of_kind), ANY_SEVERITY)
        ]:
            here = here & (basis == NOTHING)
            if not here.any() or not chosen.any():
                continue
            curve = _curve(history, chosen)
            beyond = curve.watched_beyond(elapsed[here])
            enough = beyond >= ENOUGH
            where = np.flatnonzero(here)[enough]
            chance[where] = curve.chance_of_missing(elapsed[where], limit[where])
            items[where], basis[where] = beyond[enough], name
    silent = np.isnan(chance)
    return Chances(chance, np.where(silent, 0, items), np.where(silent, NOTHING, basis))


def _curve(history: ClockHistory, chosen: np.ndarray) -> Survival:
    times = counts(history.items, "items")[chosen]
    if np.isnan(times).any():
        raise ValueError("items must be known: how many clocks each row stands for")
    times = times.astype(np.int64)
    elapsed = amounts(history.elapsed, "elapsed")[chosen]
    return kaplan_meier(
        np.repeat(elapsed, times), np.repeat(np.asarray(history.ended, dtype=bool)[chosen], times)
    )
