"""Is the chance of missing a deadline worth believing? Asked of past moments, compared with what came later.

    python -m benchmarks.deadlines [--weeks 30] [--every 2]

On the published marts of the warehouse in use: every so many weeks back, at 10:00, the deadlines ahead get
their chance from what was known then (``closedloop.ui.likely``); the same clocks are then looked up as they
stand at the latest moment. Left out: clocks that were cancelled or handed on, and those still running.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from closedloop.queries.deadlines import deadlines_ahead, deadlines_before
from closedloop.queries.reading import read
from closedloop.queries.standing import OpenFilter
from closedloop.queries.status import published
from closedloop.settings import get_settings
from closedloop.ui.likely import LOOK_BACK, with_chances
from closedloop.warehouse import Scope

#: Edges of what is reported together; a third and two thirds are where the words change.
EDGES = (0.0, 0.05, 0.15, 1 / 3, 2 / 3, 1.0)

_CAME = """
select
    spell_id,
    breached_at is not null and breached_at < least(:as_of, known_until) as missed
from marts.fct_sla_targets
left join marts.ops_coverage using (station_id, source_table)
where breached_at < least(:as_of, known_until)
    or (ended_at <= least(:as_of, known_until) and end_kind <> 'cancel')
"""


def predicted(scope: Scope, latest: datetime, moments: Iterable[datetime]) -> pd.DataFrame:
    """One row per moment × clock that was running then and has ended since: ``chance`` and ``missed``."""
    came = read(scope, latest, _CAME)
    told = []
    for moment in moments:
        before = deadlines_before(scope, moment, moment - LOOK_BACK)
        frame = with_chances(deadlines_ahead(scope, moment, OpenFilter()), before)
        told.append(frame.merge(came, on="spell_id"))
    return pd.concat(told, ignore_index=True)


def calibration(told: pd.DataFrame) -> pd.DataFrame:
    """``clocks``, mean ``told`` and the share ``missed`` per band of chances, as far as told."""
    known = told[told["chance"].notna()]
    band = np.clip(np.digitize(known["chance"], EDGES, right=True), 1, len(EDGES) - 1)
    parts = known.assign(missed=known["missed"].astype(float)).groupby(band)
    frame = pd.DataFrame(
        {"clocks": parts.size(), "told": parts["chance"].mean(), "missed": parts["missed"].mean()}
    )
    frame.index = [f"{EDGES[i - 1]:.0%}-{EDGES[i]:.0%}" for i in frame.index]
    return frame


def brier(told: pd.DataFrame) -> tuple[float, float]:
    """Mean squared error of the chances, and of telling everybody the share that misses."""
    known = told[told["chance"].notna()]
    missed = known["missed"].astype(float)
    return float(((known["chance"] - missed) ** 2).mean()), float(((missed.mean() - missed) ** 2).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=30)
    parser.add_argument("--every", type=int, default=2)
    asked = parser.parse_args()
    scope = Scope.city()
    latest = published(scope).default_as_of
    day = latest.astimezone(get_settings().zone).replace(hour=10, minute=0, second=0, microsecond=0)
    moments = [day - timedelta(weeks=weeks) for weeks in range(asked.every, asked.weeks + 1, asked.every)]
    told = predicted(scope, latest, moments)
    print(f"{len(moments)} moments, {len(told):,} clocks that were running then and have ended since")
    print(f"nothing told: {told['chance'].isna().mean():.1%}")
    print(calibration(told).round(3).to_string())
    ours, usual = brier(told)
    print(f"Brier score {ours:.4f}; telling everybody the usual share {usual:.4f}")


if __name__ == "__main__":
    main()
