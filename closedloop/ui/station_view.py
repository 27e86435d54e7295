"""One station in words: its loops, its registers, its findings, its coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.link_list import LinkRow
from closedloop.ui.names import UNASSIGNED
from closedloop.ui.registry import LOOPS, OPEN, STATION
from closedloop.ui.standing_view import duration_of
from closedloop.ui.visit import Visit


def station_choices(visit: Visit, counts: Sequence[Mapping]) -> list[LinkRow]:
    """Every station in the bureau's fixed order, with what is open and overdue there; never sorted by it.

    ``counts`` are the rows of ``queries.standing.standing_counts``.
    """
    still_open, overdue = dict.fromkeys(visit.names.stations(), 0), {}
    for row in counts:
        station = row["station_id"]
        still_open[station] = still_open.get(station, 0) + row["items"]
        if row["judgement"] == "overdue":
            overdue[station] = overdue.get(station, 0) + row["items"]
    return [
        LinkRow(
            title=visit.names.station(station),
            page=STATION,
            params={"station": station},
            facts=(
                visit.t("open in all: {n}", n=visit.texts.number(still_open[station])),
                visit.t("overdue in all: {n}", n=visit.texts.number(overdue.get(station, 0))),
            ),
        )
        for station in visit.names.stations()
        if station != UNASSIGNED
    ]


def loops_table(visit: Visit, station: str, counts: Sequence[Mapping], closed: pd.DataFrame) -> str:
    """Each loop that has items here: open, how their limits stand, returned, closed."""
    t, texts = visit.t, visit.texts
    ended = {row["loop"]: row for row in rows(closed)}
    found = []
    for loop in visit.names.ids("loop"):
        part = [row for row in counts if row["loop"] == loop]
        if not part and loop not in ended:
            continue

        def linked(judgement: str, part: Sequence[Mapping] = part, loop: str = loop) -> Cell:
            items = sum(row["items"] for row in part if judgement in ("all", row["judgement"]))
            view = {} if judgement == "all" else {"view": judgement}
            href = visit.address(OPEN, **view, loop=loop, station=station) if items else ""
            return Cell(texts.number(items), href, is_number=True)

        done = ended.get(loop)
        found.append(
            [
                Cell(visit.names.loop(loop), visit.address(LOOPS, loop=loop, station=station)),
                linked("all"),
                linked("overdue"),
                linked("due_soon"),
                linked("unknown"),
                linked("unconfirmed"),
                number(texts.number(sum(row["items"] for row in part if row["is_returned"]))),
                number(texts.number(done["closed"] if done else 0)),
                number(duration_of(visit, done["median_minutes"] if done else None)),
            ]
        )
    return html_table(
        t("Loops"),
        [
            t("Loop"),
            t("Open"),
            t("Overdue"),
            t("Due soon"),
            t("Not yet known"),
            t("Open n days (no confirmed limit)"),
            t("Returned for rework"),
            t("Closed in the period"),
            t("Median time to close"),
        ],
        found,
    )


def registers_html(visit: Visit, facts: Mapping, found: Mapping) -> str:
    """Disputes, diversions and volunteers in a few figures each."""
    t, number_of = visit.t, visit.texts.number
    groups = (
        (
            t("Disputes"),
            (
                (t("found"), found["disputes_found"]),
                (t("resolved"), found["disputes_resolved"]),
                (t("open now"), found["disputes_open"]),
                (t("of these stabilised"), found["disputes_stabilised"]),
            ),
        ),
        (
            t("Diversions"),
            (
                (t("sent"), found["diversions_sent"]),
                (t("accepted"), found["diversions_accepted"]),
                (t("fed back"), found["diversions_fed_back"]),
                (t("open now"), found["diversions_open"]),
            ),
        ),
        (
            t("Volunteers"),
            (
                (t("volunteer posts"), facts["volunteer_posts"]),
                (t("volunteers"), facts["volunteers"]),
                (t("activities"), found["activities"]),
                (t("person-hours"), float(found["person_hours"])),
            ),
        ),
    )
    parts = []
    for title, figures in groups:
        terms = "".join(
            f"<div><dt>{escape(label)}</dt><dd>{escape(number_of(value))}</dd></div>"
            for label, value in figures
        )
        parts.append(f"<section><h3>{escape(title)}</h3><dl class='cl-facts'>{terms}</dl></section>")
    return f"<div class='cl-registers'>{''.join(parts)}</div>"


def findings_table(visit: Visit, frame: pd.DataFrame) -> str:
    """Findings that wait to be mended, by rule, with the mend."""
    t, texts = visit.t, visit.texts
    table = html_table(
        t("Findings to mend"),
        [t("Finding"), t("Of the last 7 days"), t("Older"), t("Oldest"), t("How to mend it")],
        [
            [
                texts.pick(row["name_zh"], row["name_en"]),
                number(texts.number(row["of_last_week"])),
                number(texts.number(int(row["findings"]) - int(row["of_last_week"]))),
                texts.duration(visit.as_of - row["oldest_at"]),
                texts.pick(row["mend_zh"], row["mend_en"]),
            ]
            for row in rows(frame)
        ],
    )
    return f"<div class='cl-findings'>{table}</div>"


def coverage_table(visit: Visit, frame: pd.DataFrame) -> str:
    """Until when each source of the station is known; what is behind the moment shown is 未报."""
    t, texts = visit.t, visit.texts
    return html_table(
        t("Loaded until, by source"),
        [t("Source"), t("Loaded until"), ""],
        [
            [
                visit.names.source(row["source_table"]),
                number(
                    texts.moment(min(row["known_until"], visit.known_until) if row["known_until"] else None)
                ),
                t("Not reported") if row["is_unreported"] else t("complete"),
            ]
            for row in rows(frame)
        ],
    )
