"""Standing items as cards and rows: counted by colour, listed with whom to call."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui.link_list import LinkRow
from closedloop.ui.open_list import standing_text
from closedloop.ui.registry import ITEM, OPEN
from closedloop.ui.visit import Visit


def counted(
    frame: pd.DataFrame, judgement: str | None = None, returned: bool = False
) -> dict[str | None, int]:
    """Items by colour, of one judgement or of those returned for rework. None stands for no colour."""
    chosen = frame
    if judgement is not None:
        chosen = chosen[chosen["judgement"] == judgement]
    if returned:
        chosen = chosen[chosen["is_returned"].astype(bool)]
    counts: dict[str | None, int] = {}
    for severity, items in zip(chosen["severity"], chosen["items"], strict=True):
        key = severity if isinstance(severity, str) else None
        counts[key] = counts.get(key, 0) + int(items)
    return counts


def item_rows(visit: Visit, frame: pd.DataFrame) -> list[LinkRow]:
    """Rows of ``queries.standing`` as links to their items: colour, deadline, station, stage, holder."""
    names, t = visit.names, visit.t
    found = []
    for row in frame.itertuples(index=False):
        severity = row.severity if isinstance(row.severity, str) else None
        title = row.title if isinstance(row.title, str) and row.title else t("(no title)")
        found.append(
            LinkRow(
                title=title,
                page=ITEM,
                params={"item": row.work_item_id},
                mark=names.severity(severity) if severity else names.loop(row.loop),
                tone=severity or "none",
                standing=standing_text(visit, row),
                urgent=row.judgement == "overdue",
                facts=(
                    f"{names.loop(row.loop)} {row.item_no}",
                    names.station(row.station_id),
                    t("reached: {stage}", stage=names.stage(row.loop, row.stage)),
                    t("with: {holder}", holder=names.holder(row.holder_kind, row.holder_id)),
                    t("target: {target}", target=names.target(row.loop, row.target))
                    if isinstance(row.target, str)
                    else "",
                    t("due {moment}", moment=visit.texts.moment(row.due_at)) if _is_time(row.due_at) else "",
                    t("returned for rework") if row.is_returned else "",
                ),
            )
        )
    return found


def _is_time(value: object) -> bool:
    return value is not None and value == value


def red_overdue_stations(visit: Visit, counts: pd.DataFrame) -> list[LinkRow]:
    """Stations with an overdue red item, in the bureau's fixed order; never sorted by their numbers."""
    overdue = counts[counts["judgement"] == "overdue"]
    by_station = {
        station: (
            int(part.loc[part["severity"] == "red", "items"].sum()),
            int(part["items"].sum()),
        )
        for station, part in overdue.groupby("station_id")
    }
    still_open = counts.groupby("station_id")["items"].sum().to_dict() if not counts.empty else {}
    found = []
    for station in visit.names.stations():
        red, overdue_items = by_station.get(station, (0, 0))
        if red:
            found.append(
                LinkRow(
                    title=visit.names.station(station),
                    page=OPEN,
                    params={"station": station, "view": "overdue", "colour": "red"},
                    mark=f"{visit.names.severity('red')} {red}",
                    tone="red",
                    facts=(
                        visit.t("overdue in all: {n}", n=overdue_items),
                        visit.t("open in all: {n}", n=int(still_open.get(station, 0))),
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


#: Lists of what there is, not of what happened: their age makes no figure wrong.
REGISTERS = frozenset({"bureaus", "stations", "posts", "volunteer_posts", "volunteers"})


def source_rows(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """数据截至 per source of events: one row each, with the stations that have not reported so far."""
    t, texts, names = visit.t, visit.texts, visit.names
    found = []
    events = frame[~frame["source_table"].isin(REGISTERS)]
    for source, part in events.groupby("source_table", sort=False) if not events.empty else ():
        silent = [names.station(s) for s in part.loc[part["is_unreported"].astype(bool), "station_id"]]
        latest = part["known_until"].max()
        everybody = len(part) > 1 and len(silent) == len(part)
        found.append(
            {
                t("Source"): names.source(source),
                t("Loaded until"): texts.moment(latest if latest == latest else None),
                t("Not reported"): t("All stations") if everybody else "、".join(silent) or "—",
            }
        )
    return pd.DataFrame(found)


def duration_of(visit: Visit, minutes: float | None) -> str:
    """Minutes as the page says them."""
    return visit.texts.duration(
        None if minutes is None or minutes != minutes else timedelta(minutes=float(minutes))
    )
