"""Volunteers (义警): numbers, squads, posts and what they did. Never a name; children only as counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from closedloop.demo import city
from closedloop.demo.clock import CUT, DAY, END, HOUR, NEVER, START, as_date, as_text, only, wall
from closedloop.demo.items import pick
from closedloop.demo.numbering import numbers
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import spread

#: Serving and left volunteers, open and closed posts: the organisation does not scale.
SERVING, LEFT, OPEN_POSTS, CLOSED_POSTS = 600, 34, 66, 3
SQUADS = ("anti_fraud", "patrol", "mediation", "traffic", "event_security", "counselling", "publicity")
#: Activities in the calendar year 2024 at scale 1; the other periods in proportion to their length.
IN_2024 = {
    "patrol": 1_318,
    "mediation": 96,
    "lead": 64,
    "hazard": 214,
    "training": 122,
    "publicity": 263,
    "event_security": 74,
    "other": 41,
}
_PERIODS = (
    (START, wall("2024-01-01"), 0.42),
    (wall("2024-01-01"), wall("2025-01-01"), 1.0),
    (wall("2025-01-01"), CUT, 0.33),
)
_SQUAD_OF = {
    "patrol": "patrol",
    "mediation": "mediation",
    "lead": "anti_fraud",
    "hazard": "patrol",
    "training": "publicity",
    "publicity": "publicity",
    "event_security": "event_security",
    "other": "counselling",
}


@dataclass(frozen=True)
class Volunteers:
    """The three tables; ``activities`` also carries when each was recorded (wall seconds)."""

    posts: pl.DataFrame
    people: pl.DataFrame
    activities: pl.DataFrame
    recorded: np.ndarray


def build(plan: Plan) -> Volunteers:
    """Posts, volunteers and activities of all stations."""
    rng = plan.rng("volunteers")
    posts, post_station, post_ids, post_opened = _posts(rng)
    people = _people(rng, post_station, post_ids, post_opened)
    activities, recorded = _activities(rng, plan, post_station, post_ids, post_opened)
    return Volunteers(posts, people, activities, recorded)


def _posts(rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """66 open posts and three that closed; every station has at least three."""
    total = OPEN_POSTS + CLOSED_POSTS
    station = np.sort(
        np.concatenate((np.repeat(np.arange(city.COUNT), 3), city.draw_stations(rng, total - 45)))
    )
    serial = np.arange(total) - np.searchsorted(station, station)
    opened = START - rng.integers(20, 400, total) * DAY
    opened = np.where(rng.random(total) < 0.3, START + rng.integers(0, 420, total) * DAY, opened)
    closed = np.full(total, NEVER)
    gone = rng.choice(np.flatnonzero(serial > 2), CLOSED_POSTS, replace=False)
    closed[gone] = opened[gone] + rng.integers(120, 260, CLOSED_POSTS) * DAY
    ids = np.array([f"YJZ{city.IDS[s][1:]}{i + 1:02d}" for s, i in zip(station, serial, strict=True)])
    names = [f"{city.STATIONS[s].name_zh}第{i + 1}义警服务站" for s, i in zip(station, serial, strict=True)]
    frame = pl.DataFrame(
        {
            "volunteer_post_id": ids,
            "station_id": city.IDS[station],
            "name_zh": names,
            "opened_on": as_date(opened),
            "closed_on": as_date(closed),
        }
    )
    # Activities and people refer to posts that are open, the longest-standing first.
    still = np.flatnonzero(closed == NEVER)
    still = still[np.argsort(opened[still], kind="stable")]
    return frame, station[still], ids[still], opened[still]


def _people(
    rng: np.random.Generator, post_station: np.ndarray, post_ids: np.ndarray, post_opened: np.ndarray
) -> pl.DataFrame:
    """600 serving volunteers and those who left."""
    total = SERVING + LEFT
    post = rng.integers(0, len(post_ids), total)
    joined = np.maximum(START + rng.integers(-120, 690, total) * DAY, post_opened[post])
    left = only(
        np.arange(total) >= SERVING, np.minimum(joined + rng.integers(30, 400, total) * DAY, CUT - 8 * DAY)
    )
    left = np.where(left < NEVER, np.maximum(left, joined), NEVER)
    return pl.DataFrame(
        {
            "volunteer_id": [f"YJ{i + 1:05d}" for i in range(total)],
            "station_id": city.IDS[post_station[post]],
            "volunteer_post_id": post_ids[post],
            "squad": np.array(SQUADS)[rng.integers(0, len(SQUADS), total)],
            "kind": pick(
                rng,
                total,
                {"guard": 0.27, "grid_worker": 0.26, "veteran": 0.14, "shop_owner": 0.25, "resident": 0.08},
            ),
            "joined_on": as_date(joined),
            "left_on": as_date(left),
        }
    )


def _activities(
    rng: np.random.Generator,
    plan: Plan,
    post_station: np.ndarray,
    post_ids: np.ndarray,
    post_opened: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray]:
    """Activities of the planned numbers per kind and period, and a few on the last day."""
    starts, kinds = [], []
    for kind, in_year in IN_2024.items():
        for first, last, share in _PERIODS:
            n = plan.count(round(in_year * share))
            starts.append(spread(rng, n, first, last, office=False))
            kinds.append(np.full(n, kind, dtype="<U16"))
    today = np.sort(rng.integers(wall("2025-04-24 08:30"), wall("2025-04-24 20:00"), 5))
    starts.append(today)
    kinds.append(np.array(["patrol", "patrol", "patrol", "mediation", "publicity"]))
    started, kind = np.concatenate(starts), np.concatenate(kinds)
    n = len(started)
    open_then = np.searchsorted(post_opened, started, side="right")
    post = (rng.random(n) * open_then).astype(np.int64)
    late_row = started >= CUT
    post = np.where(late_row & (post_station[post] == city.MISSING), 0, post)
    hours = np.where(kind == "patrol", rng.integers(60, 190, n), rng.integers(30, 150, n)) * 60
    # An hour of the night is no hour for volunteers: what falls there is moved to just before eight.
    second = started % DAY
    started = np.where((second < 7 * HOUR) & ~late_row, started - second + 27_000 + second // 16, started)
    ended = started + hours
    squad = np.array([_SQUAD_OF[k] for k in kind])
    children = np.where((kind == "publicity") & (rng.random(n) < 0.35), rng.integers(3, 25, n), 0)
    decided = np.isin(kind, ("lead", "hazard"))
    accepted = np.where(decided, np.where(rng.random(n) < 0.82, "1", "0"), "")
    recorded = ended + rng.integers(HOUR, 14 * HOUR, n)
    recorded = np.where(late_row, np.minimum(recorded, END - 60), recorded)
    frame = pl.DataFrame(
        {
            "activity_id": numbers("HD", started, 4),
            "station_id": city.IDS[post_station[post]],
            "volunteer_post_id": post_ids[post],
            "squad": squad,
            "kind": kind,
            "started_at": as_text(started),
            "ended_at": as_text(ended),
            "participants": pl.Series(rng.integers(2, 14, n)).cast(pl.String),
            "children": pl.Series(children).cast(pl.String),
            "accepted": pl.Series(accepted).replace("", None),
        }
    )
    order = pl.Series(np.argsort(started, kind="stable"))
    return frame[order], np.where(late_row, CUT + 1, np.minimum(recorded, CUT - 1))[order.to_numpy()]
