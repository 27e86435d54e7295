"""How much of everything a run makes: the scale, the seed, and the planned (calibrated) counts.

The calibrations of the demo are *planned*: a count is fixed here and the generator draws who, where and
when. No figure is adjusted afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Each subject draws from a stream of its own, so that a change in one leaves the others as they were.
_STREAMS = (
    "places",
    "incidents",
    "disputes",
    "directives",
    "diversions",
    "hazards",
    "volunteers",
    "stream",
    "defects",
    "export",
)


@dataclass(frozen=True)
class Plan:
    """Scale and seed of a run. ``scale`` multiplies volumes; the organisation and the planted cases stay."""

    scale: float
    seed: int

    def rng(self, subject: str) -> np.random.Generator:
        """The random stream of a subject, the same on every machine."""
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence([self.seed, _STREAMS.index(subject)]))
        )

    def count(self, at_scale_one: int, least: int = 1) -> int:
        """A planned count at this scale, never below ``least``."""
        return max(least, round(at_scale_one * self.scale))

    @property
    def incidents(self) -> int:
        """How many incidents."""
        return self.count(64_000, 900)

    @property
    def directives(self) -> int:
        """Directives issued before the last duty day, without the planted ones."""
        return self.count(5_950, 60)

    @property
    def last_day_directives(self) -> int:
        """Issued on the duty day 2025-04-25: nine, and in proportion above scale 1."""
        return self.count(9, 9)

    @property
    def early_disputes(self) -> int:
        """Found before 2024-08-01."""
        return self.count(2_000, 30)

    @property
    def leads(self) -> int:
        """Dispute leads found since 2024-08-01."""
        return self.count(581, 24)

    @property
    def unresolved_leads(self) -> int:
        """Leads without the outcome ``resolved`` at the end: one in litigation, one stabilised, one open."""
        return self.count(3, 3)

    @property
    def town_diversions(self) -> int:
        """Diversions of one station's command room from 2023-07-31 to 2023-12-31."""
        return self.count(1_106, 12)

    @property
    def hazards(self) -> int:
        """How many hazards."""
        return self.count(600, 20)
