"""A loop's stages as a chart, a table and rows that lead on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui.link_list import LinkRow
from closedloop.ui.registry import OPEN
from closedloop.ui.standing_view import duration_of
from closedloop.ui.visit import Visit

HOLDER_KINDS = ("centre", "station", "post", "department", "none")


@dataclass(frozen=True)
class LoopCounts:
    """The headline figures of a loop, ready to be shown."""

    open_items: int
    overdue: int
    returned: int
    closed: int
    incomplete: int
    median_text: str
    complete_text: str
    reworked_text: str


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def loop_counts(visit: Visit, loop: str, stock: pd.DataFrame, closed: pd.DataFrame) -> LoopCounts:
    """Headline figures of one loop, from ``queries.loops.stage_stock`` and ``closed_in_period``."""
    standing = stock[(stock["loop"] == loop) & stock["stage"].notna() & stock["holder_kind"].isna()]
    ended = next((row for row in rows(closed) if row["loop"] == loop), None)
    done = int(ended["closed"]) if ended else 0
    complete = int(ended["complete"]) if ended else 0
    return LoopCounts(
        open_items=int(standing["items"].sum()),
        overdue=int(standing["overdue"].sum()),
        returned=int(standing["returned"].sum()),
        closed=done,
        incomplete=done - complete,
        median_text=duration_of(visit, ended["median_minutes"] if ended else None),
        complete_text=_share(complete, done),
        reworked_text=_share(int(ended["reworked"]) if ended else 0, done),
    )


def stage_frame(visit: Visit, loop: str, stock: pd.DataFrame) -> pd.DataFrame:
    """``stage``, ``holder`` (names), ``items``: what the bars show."""
    part = stock[(stock["loop"] == loop) & stock["stage"].notna() & stock["holder_kind"].notna()]
    return pd.DataFrame(
        {
            "stage": [visit.names.stage(loop, stage) for stage in part["stage"]],
            "holder": [visit.names.holder_kind(kind) for kind in part["holder_kind"]],
            "items": part["items"].astype(int).to_list(),
        }
    )


def stage_table(visit: Visit, loop: str, stock: pd.DataFrame, flow: pd.DataFrame) -> pd.DataFrame:
    """One row per stage in the loop's order: standing now, passing in the period."""
    t, names = visit.t, visit.names
    standing = {
        row["stage"]: row
        for row in rows(stock[(stock["loop"] == loop) & stock["holder_kind"].isna()])
        if row["stage"]
    }
    passing = {row["stage"]: row for row in rows(flow[flow["loop"] == loop])}
    table = []
    for key in names.ids("stage", loop):
        stage = key.split(":", 1)[1]
        here, past = standing.get(stage, {}), passing.get(stage, {})
        if not here and not past:
            continue
        table.append(
            {
                t("Stage reached"): names.stage(loop, stage),
                t("Standing"): int(here.get("items") or 0),
                t("of these overdue"): int(here.get("overdue") or 0),
                t("Standing for (median)"): duration_of(visit, here.get("median_dwell_minutes")),
                t("Entered"): int(past.get("entered") or 0),
                t("Left"): int(past.get("has_left") or 0),
                t("Dwell (median)"): duration_of(visit, past.get("median_minutes")),
                t("Dwell (90th percentile)"): duration_of(visit, past.get("p90_minutes")),
            }
        )
    return pd.DataFrame(table)


def holder_rows(visit: Visit, loop: str, stock: pd.DataFrame) -> list[LinkRow]:
    """Who holds open items of the loop; stations in their fixed order, kinds in the loop's."""
    part = stock[(stock["loop"] == loop) & stock["stage"].isna()]
    order = {station: place for place, station in enumerate(visit.names.stations())}
    found = sorted(
        rows(part),
        key=lambda row: (
            HOLDER_KINDS.index(row["holder_kind"] or "none"),
            order.get(row["holder_id"], len(order)),
            str(row["holder_id"]),
        ),
    )
    listed = []
    for row in found:
        kind, holder = row["holder_kind"], row["holder_id"]
        params = {"loop": loop, "holder": kind or ""}
        at_station = holder if holder in order else None
        if at_station and visit.leads:
            params["station"] = at_station
        name = visit.names.station(at_station) if at_station else visit.names.holder(kind, holder)
        listed.append(
            LinkRow(
                title=name,
                page=OPEN,
                params={k: v for k, v in params.items() if v},
                standing=visit.texts.n("{count} item", "{count} items", int(row["items"])),
                facts=(
                    visit.names.holder_kind(kind) if name != visit.names.holder_kind(kind) else "",
                    visit.t("{n} overdue", n=int(row["overdue"])) if row["overdue"] else "",
                    visit.t(
                        "standing {duration} (median)",
                        duration=duration_of(visit, row["median_dwell_minutes"]),
                    ),
                ),
            )
        )
    return listed


def missing_rows(visit: Visit, loop: str, missing: pd.DataFrame) -> list[LinkRow]:
    """The stages missing in a loop, in the loop's order."""
    by_stage = {row["stage"]: row for row in rows(missing[missing["loop"] == loop])}
    return [
        LinkRow(
            title=visit.names.stage(loop, stage),
            page=OPEN,
            params={"loop": loop},
            facts=(
                visit.t("missing in {n} open items", n=int(by_stage[stage]["open_items"])),
                visit.t("missing in {n} items closed in the period", n=int(by_stage[stage]["closed_items"])),
            ),
        )
        for stage in (key.split(":", 1)[1] for key in visit.names.ids("stage", loop))
        if stage in by_stage
    ]
