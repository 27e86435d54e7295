"""The wall display (大屏): one screen of counts by station, read from across a room; no item, no place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.queries.wall import days_of, standing_by_loop, standing_by_station
from closedloop.ui.freshness import freshness_text
from closedloop.ui.names import UNASSIGNED
from closedloop.ui.signin import identity_name, kind_of_data
from closedloop.ui.station_signals import signal_rows, station_signals
from closedloop.ui.visit import Visit

DAYS = 7
#: Signals that fit beside the stations; the heading says how many there are.
MOST_SIGNALS = 5
#: Stations in one column of the grid; a larger city has two, in smaller print.
_ONE_COLUMN = 16


@dataclass(frozen=True)
class Day:
    """A day of the week shown; None where nobody reported."""

    name: str
    opened: int | None
    closed: int | None
    overdue: int | None


def stopped_html(visit: Visit, at: datetime) -> str:
    """The banner over figures that are no longer kept up, with the time they were last."""
    said = visit.t(
        "Stopped at {time}: the warehouse does not answer. These are the last figures.",
        time=f"{at.astimezone(visit.texts.zone):%H:%M}",
    )
    return f"<div class='cl-wall-stopped' role='status'>{escape(said)}</div>"


def wall_html(visit: Visit, refreshed_at: datetime) -> str:
    """The whole screen as HTML."""
    stations = rows(visit.ask(standing_by_station, last_day=visit.last_full_day))
    loops = rows(visit.ask(standing_by_loop, last_day=visit.last_full_day))
    found = visit.ask(station_signals, last_day=visit.last_full_day)
    first = visit.last_full_day - timedelta(days=DAYS - 1)
    week = week_of(visit, visit.ask(days_of, first_day=first, last_day=visit.last_full_day))
    return "".join(
        (
            f"<div class='cl-wall-head'>{_head(visit, refreshed_at)}</div>",
            "<div class='cl-wall-body'>",
            f"<div class='cl-wall-side'>{_overdue(visit, stations)}{_loops(visit, loops)}</div>",
            f"<div class='cl-wall-main'>{_grid(visit, stations)}</div>",
            f"<div class='cl-wall-side'>{_signals(visit, found)}{_week(visit, week)}</div>",
            "</div>",
        )
    )


def week_of(visit: Visit, frame: pd.DataFrame) -> list[Day]:
    """The last seven whole calendar days, oldest first; a day that nobody reported has no figure."""
    known = {row["metric_date"]: row for row in rows(frame)}
    found = []
    for back in range(DAYS - 1, -1, -1):
        day = visit.last_full_day - timedelta(days=back)
        row = known.get(day, {})
        found.append(Day(f"{day:%m-%d}", row.get("opened"), row.get("closed"), row.get("overdue")))
    return found


def _head(visit: Visit, refreshed_at: datetime) -> str:
    t, texts, published = visit.t, visit.texts, visit.published
    note = kind_of_data(visit)
    facts = [
        t("As of the end of {day}", day=texts.day(visit.last_full_day)),
        freshness_text(texts, published),
        t("Refreshed {time}", time=f"{refreshed_at.astimezone(texts.zone):%H:%M}"),
    ]
    whose = (
        visit.t("The city")
        if visit.identity.scope.bureau_id is None
        else identity_name(visit.identity, texts)
    )
    return (
        f"<h1>{escape(t('Closedloop'))}<small>{escape(whose)}</small></h1>"
        f"<p>{'<br>'.join((' · '.join(map(escape, facts)), *([escape(note)] if note else [])))}</p>"
    )


def _overdue(visit: Visit, stations: Sequence[Mapping]) -> str:
    t, texts = visit.t, visit.texts
    every = {name: sum(int(row[name]) for row in stations) for name in ("overdue", "open_items")}
    colours = "".join(
        f"<li class='cl-{severity}'><span>{escape(visit.names.severity(severity))}</span>"
        f"<b>{texts.number(sum(int(row[f'overdue_{severity}']) for row in stations))}</b></li>"
        for severity in ("red", "yellow", "blue")
    )
    none = every["overdue"] - sum(
        int(row[f"overdue_{severity}"]) for row in stations for severity in ("red", "yellow", "blue")
    )
    return (
        f"<section aria-label='{escape(t('Overdue'))}'><h2>{escape(t('Overdue'))}</h2>"
        f"<p class='cl-wall-figure'>{texts.number(every['overdue']) if stations else '—'}</p>"
        f"<ul class='cl-wall-colours'>{colours}"
        f"<li><span>{escape(t('No colour'))}</span><b>{texts.number(none)}</b></li></ul>"
        f"<p>{escape(t('of {n} open items', n=texts.number(every['open_items'])))}</p></section>"
    )


def _loops(visit: Visit, loops: Sequence[Mapping]) -> str:
    t, texts = visit.t, visit.texts
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in (t("Loop"), t("Open"), t("Overdue")))
    body = "".join(
        f"<tr><th scope='row'>{escape(visit.names.loop(row['loop']))}</th>"
        f"<td>{texts.number(row['open_items'])}</td><td>{texts.number(row['overdue'])}</td></tr>"
        for row in loops
    )
    title = t("By loop")
    return (
        f"<section aria-label='{escape(title)}'><h2>{escape(title)}</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _grid(visit: Visit, stations: Sequence[Mapping]) -> str:
    t, texts = visit.t, visit.texts
    shown = [row for row in stations if row["station_id"] != UNASSIGNED]
    head = "".join(
        f"<th scope='col'>{escape(name)}</th>"
        for name in (t("Station"), t("Open"), t("Overdue"), t("Overdue, red"))
    )
    body = []
    for row in shown:
        red = int(row["overdue_red"])
        reported = escape(t("to {day}", day=f"{row['last_day']:%m-%d}")) if row["is_behind"] else ""
        body.append(
            f"<tr><th scope='row'>{escape(visit.names.station(row['station_id']))}"
            f"<small>{reported}</small></th>"
            f"<td>{texts.number(row['open_items'])}</td><td>{texts.number(row['overdue'])}</td>"
            + (f"<td class='cl-red'>● {texts.number(red)}</td></tr>" if red else "<td>0</td></tr>")
        )
    halves = (
        [body] if len(body) <= _ONE_COLUMN else [body[: (len(body) + 1) // 2], body[(len(body) + 1) // 2 :]]
    )
    tables = "".join(
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(half)}</tbody></table>" for half in halves
    )
    note = escape(t("In the bureau's fixed order, which is no ranking."))
    return (
        f"<section aria-label='{escape(t('By station'))}'><h2>{escape(t('By station'))}</h2>"
        f"<div class='cl-wall-grid cl-wall-{len(halves)}'>{tables}</div><p>{note}</p></section>"
    )


def _signals(visit: Visit, found: pd.DataFrame) -> str:
    t = visit.t
    title = t("Signals since the last duty day")
    shown = signal_rows(visit, found)
    if shown:
        lines = "".join(
            f"<li><b>{escape(row.mark)}</b> {escape(row.title)}</li>" for row in shown[:MOST_SIGNALS]
        )
        more = len(shown) - MOST_SIGNALS
        rest = f"<p>{escape(t('and {n} more', n=more))}</p>" if more > 0 else ""
        said = f"<ul class='cl-wall-signals'>{lines}</ul>{rest}"
    elif found["judged"].any():
        said = f"<p>{escape(t('No change beyond the usual ups and downs.'))}</p>"
    else:
        said = f"<p>{escape(t('Too few cases, or too few reported days, to judge by.'))}</p>"
    return f"<section aria-label='{escape(title)}'><h2>{escape(title)}</h2>{said}</section>"


def _week(visit: Visit, week: Sequence[Day]) -> str:
    t, texts = visit.t, visit.texts
    head = "".join(
        f"<th scope='col'>{escape(name)}</th>"
        for name in (t("Day"), t("Opened"), t("Closed"), t("Overdue at its end"))
    )
    body = "".join(
        f"<tr><th scope='row'>{day.name}</th>"
        + "".join(f"<td>{texts.number(value)}</td>" for value in (day.opened, day.closed, day.overdue))
        + "</tr>"
        for day in week
    )
    title = t("The last seven days")
    return (
        f"<section aria-label='{escape(title)}'><h2>{escape(title)}</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )
