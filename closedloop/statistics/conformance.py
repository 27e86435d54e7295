"""Did an item go round its loop? Two published measures on a straight line of stages, and our own on the real
loop.

::

    token       1/2·(1 − missing/consumed) + 1/2·(1 − remaining/produced)    replaying the walk on the line
    alignment   1 − (steps left out + steps too many) / (walk + line)        of the cheapest alignment
    ours        1 − (required stages passed over + steps out of place) / (worst possible), see ``Loop``

Sources: Rozinat & van der Aalst, Information Systems 33 (2008); Adriansyah et al. (2011). Worked numbers on
stages 1…7: 123457 → token 0.857143, alignment 0.923077; 1234563457 → 0.909091 and 0.823529; 123 → 0.75 and
0.6.

**Why our own.** The line punishes good behaviour: a walk without 整改 (nothing failed), rework after a failed
督查, and every item still open. Ours lets optional stages be left out, repeatable ones be reached again, and
judges an open item on the prefix it has walked: 1 for all three.

What it does not say: whether the stages took place as recorded, or in time. A perfect walk may be late
throughout.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fitness:
    """``misfits`` of at most ``worst``: 1 fits wholly, 0 not at all. A walk that nobody can judge (empty,
    open) fits.
    """

    misfits: float
    worst: float

    @property
    def value(self) -> float:
        """The measure, 0 to 1; 1 where nothing could misfit."""
        return 1.0 if self.worst == 0 else 1 - self.misfits / self.worst


def pooled(walks: Iterable[Fitness]) -> Fitness:
    """The fitness of a whole log: misfits and worst cases added, so that long walks weigh more."""
    each = list(walks)
    return Fitness(sum(walk.misfits for walk in each), sum(walk.worst for walk in each))


def token_fitness(walk: Sequence[Hashable], line: Sequence[Hashable]) -> Fitness:
    """Token replay of a walk on a straight line of stages. Linear in the walk.

    A step takes a token from the place before its stage and puts one after it; a token that is not there is
    *missing*, one left over *remains*. Missing and remaining are equal here, as are consumed and produced, so
    misfits/worst is missing/consumed. A stage that the line does not know finds no token and leaves one
    behind.
    """
    places = _distinct(line)
    tokens = [0] * (len(line) + 1)
    tokens[0] = 1
    missing = 0
    for stage in walk:
        before = places.get(stage)
        if before is None:
            missing += 1
            continue
        if tokens[before]:
            tokens[before] -= 1
        else:
            missing += 1
        tokens[before + 1] += 1
    missing += tokens[-1] == 0
    return Fitness(missing, len(walk) + 1)


def alignment_fitness(walk: Sequence[Hashable], line: Sequence[Hashable]) -> Fitness:
    """The cheapest alignment of a walk with a straight line: what both share in order is free.

    The longest common subsequence; walk × line steps.
    """
    _distinct(line)
    row = [0] * (len(line) + 1)
    for stage in walk:
        diagonal = 0
        for column, expected in enumerate(line, start=1):
            here = diagonal + 1 if stage == expected else max(row[column], row[column - 1])
            diagonal, row[column] = row[column], here
    return Fitness(len(walk) + len(line) - 2 * row[-1], len(walk) + len(line))


def _distinct(line: Sequence[Hashable]) -> dict[Hashable, int]:
    places = {stage: position for position, stage in enumerate(line)}
    if len(places) != len(line):
        raise ValueError(f"a line names each stage once: {list(line)}")
    return places
