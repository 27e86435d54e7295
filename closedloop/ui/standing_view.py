"""Standing items as cards and rows: counted by colour, listed with whom to call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui.link_list import LinkRow
from closedloop.ui.open_list import standing_text
from closedloop.ui.registry import ITEM, OPEN
from closedloop.ui.visit import Visit


def counted(
    counts: Sequence[Mapping], judgement: str | None = None, returned: bool = False
) -> dict[str | None, int]:
    """Items by colour, of one judgement or of those returned for rework. None stands for no colour.

    ``counts`` are the rows of ``queries.standing.standing_counts``.
    """
    found: dict[str | None, int] = {}
    for row in counts:
        if (judgement is None or row["judgement"] == judgement) and (row["is_returned"] or not returned):
            found[row["severity"]] = found.get(row["severity"], 0) + row["items"]
    return found


def without_limit(visit: Visit, items: int, *, red: bool = False) -> str:
    """That open items have no confirmed limit, so that no deadline speaks for them; empty where all have."""
    if not items:
        return ""
    if red:
        return visit.texts.n(
            "{count} open red item has no confirmed limit, so nobody can say whether it is overdue.",
            "{count} open red items have no confirmed limit, so nobody can say whether they are overdue.",
            items,
        )
    return visit.texts.n(
        "{count} open item has no confirmed limit, so nobody can say whether it is overdue.",
        "{count} open items have no confirmed limit, so nobody can say whether they are overdue.",
        items,
    )


def item_rows(visit: Visit, frame: pd.DataFrame) -> list[LinkRow]:
    """Rows of ``queries.standing`` as links to their items: colour, deadline, station, stage, holder."""
    names, t = visit.names, visit.t
    found = []
    for row in rows(frame):
        severity = row["severity"]
        found.append(
            LinkRow(
                title=row["title"] or t("(no title)"),
                recorded=True,
                page=ITEM,
                params={"item": row["work_item_id"]},
                mark=names.severity(severity) if severity else names.loop(row["loop"]),
                tone=severity or "none",
                standing=standing_text(visit, row),
                urgent=row["judgement"] == "overdue",
                facts=(
                    f"{names.loop(row['loop'])} {row['item_no']}",
                    names.station(row["station_id"]),
                    t("reached: {stage}", stage=names.stage(row["loop"], row["stage"])),
                    t("with: {holder}", holder=names.holder(row["holder_kind"], row["holder_id"])),
                    t("target: {target}", target=names.target(row["loop"], row["target"]))
                    if row["target"]
                    else "",
                    t("due {moment}", moment=visit.texts.moment(row["due_at"])) if row["due_at"] else "",
                    t("returned for rework") if row["is_returned"] else "",
                ),
            )
        )
    return found


def red_overdue_stations(visit: Visit, counts: Sequence[Mapping]) -> list[LinkRow]:
    """Stations with an overdue red item, in the bureau's fixed order; never sorted by their numbers."""
    red, overdue, still_open = Counter(), Counter(), Counter()
    for row in counts:
        still_open[row["station_id"]] += row["items"]
        if row["judgement"] == "overdue":
            overdue[row["station_id"]] += row["items"]
            red[row["station_id"]] += row["items"] if row["severity"] == "red" else 0
    found = []
    for station in visit.names.stations():
        if red[station]:
            found.append(
                LinkRow(
                    title=visit.names.station(station),
                    page=OPEN,
                    params={"station": station, "view": "overdue", "colour": "red"},
                    mark=f"{visit.names.severity('red')} {red[station]}",
                    tone="red",
                    facts=(
                        visit.t("overdue in all: {n}", n=overdue[station]),
                        visit.t("open in all: {n}", n=still_open[station]),
                    ),
                )
            )
    return found


def new_by_loop(visit: Visit, frame: pd.DataFrame) -> list[tuple[str, int]]:
    """Newly opened items by loop, in the loops' fixed order."""
    counts: dict[str, int] = {}
    for row in rows(frame):
        counts[row["loop"]] = counts.get(row["loop"], 0) + int(row["items"])
    return [(loop, counts[loop]) for loop in visit.names.ids("loop") if loop in counts]


def source_rows(visit: Visit, sources: Sequence[Mapping]) -> pd.DataFrame:
    """数据截至 per source, one row each, with the stations that have not reported so far.

    Never later than the moment shown.
    """
    t, texts, names = visit.t, visit.texts, visit.names
    by_source: dict[str, list[Mapping]] = {}
    for row in sources:
        by_source.setdefault(row["source_table"], []).append(row)
    found = []
    for source, part in by_source.items():
        silent = [names.station(row["station_id"]) for row in part if row["is_unreported"]]
        everybody = len(part) > 1 and len(silent) == len(part)
        latest = max((row["known_until"] for row in part if row["known_until"]), default=None)
        found.append(
            {
                t("Source"): names.source(source),
                t("Loaded until"): texts.moment(min(latest, visit.known_until) if latest else None),
                t("Not reported"): t("All stations") if everybody else t(", ").join(silent) or "—",
            }
        )
    return pd.DataFrame(found)


def duration_of(visit: Visit, minutes: float | None) -> str:
    """Minutes as the page says them."""
    return visit.texts.duration(
        None if minutes is None or minutes != minutes else timedelta(minutes=float(minutes))
    )
