"""Incidents as their system exports them: what was known at a moment, one row per call."""

from __future__ import annotations

import numpy as np
import polars as pl

from closedloop.demo import city, places
from closedloop.demo.clock import CUT, END, MINUTE, NEVER, as_text, day_of, hour_of
from closedloop.demo.incidents import CATEGORIES, INVALID_INDEX, Incidents


def export(items: Incidents, where: places.Places, known_until: int) -> pl.DataFrame:
    """The incidents table as exported at ``known_until``, one row per incident received by then."""
    horizon = np.minimum(items.horizon, known_until)
    handled = items.handled < horizon
    closed = items.closed < horizon
    merged = (items.merged_into >= 0) & (items.received + 16 * MINUTE < horizon)
    flip = np.arange(len(items)) % 2 == 1
    text = np.where(flip, where.text_reversed[items.place], where.text[items.place])
    no_key = (np.arange(len(items)) * 7919) % 100 < 3  # the place was typed, not picked
    key = np.where(no_key, "", where.key[items.place])
    coordinates = (np.arange(len(items)) * 6007) % 100 >= 4

    def code(values: np.ndarray, shown: np.ndarray | bool = True) -> pl.Series:
        return blank_to_null(np.where(shown, values, ""))

    shift = (day_of(items.received) + (hour_of(items.received) >= 8)) % 3
    invalid = items.final == INVALID_INDEX
    final = np.where(items.odd_category != "", items.odd_category, CATEGORIES[items.final])
    return pl.DataFrame(
        {
            "incident_id": items.ids,
            "source_no": pl.Series(np.arange(len(items)) + 2_300_001).cast(pl.String).str.pad_start(9, "0"),
            "station_id": np.where(items.odd_station != "", items.odd_station, city.IDS[items.station]),
            "source": items.source,
            "received_at": as_known(items.received, horizon),
            "dispatched_at": as_known(items.dispatched, horizon),
            "arrived_at": as_known(items.arrived, horizon),
            "handled_at": as_known(items.handled, horizon),
            "closed_at": as_known(items.closed, horizon),
            "initial_type": code(CATEGORIES[items.initial]),
            "final_type": code(final, handled | merged | closed),
            "priority": code(items.priority),
            "outcome": code(items.outcome, handled | merged | closed),
            "is_valid": code(np.where(invalid, "0", "1")),
            "is_police_matter": code(np.where(items.is_non_police | invalid, "0", "1")),
            "place": text,
            "place_key": blank_to_null(key),
            "place_type": where.kind[items.place],
            "lon": code(np.char.mod("%.4f", where.lon)[items.place], coordinates),
            "lat": code(np.char.mod("%.4f", where.lat)[items.place], coordinates),
            "response_zone": where.zone[items.place].astype(str),
            "elements_recorded": items.elements.astype(str),
            "reporter_key": code(np.char.mod("r%06d", items.reporter), items.elements > 3),
            "merged_into": code(items.ids[items.merged_into], merged),
            "duty_team": np.array(["A", "B", "C"])[shift],
            "post_id": code(items.post, handled),
        }
    ).filter(pl.Series(items.received < horizon))


def in_daily_export(items: Incidents) -> np.ndarray:
    """Positions of the last daily export: new, entered late, or moved on since the history."""
    touched = items.entered_late.copy()
    for name in ("received", "dispatched", "arrived", "handled", "closed"):
        at = getattr(items, name)
        touched |= (at >= CUT) & (at < END)
    return touched & (items.station != city.MISSING) & (items.received < END)


def as_known(at: np.ndarray, horizon: np.ndarray) -> pl.Series:
    """Times as text, blank where they lie at or after the row's horizon."""
    return as_text(np.where(at < horizon, at, NEVER))


def blank_to_null(values: np.ndarray) -> pl.Series:
    """Strings with '' as null."""
    return pl.Series(values).cast(pl.String).replace("", None)
