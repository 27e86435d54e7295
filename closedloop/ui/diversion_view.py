"""Diversions as steps and tables: sent, accepted or returned, done, fed back, called again."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.reporting import Reporting
from closedloop.ui.shares import share_text
from closedloop.ui.visit import Visit

#: What the figures of a diversion rest on.
SOURCES = ("diversions", "loop_events")
#: Steps on the way, then what leads back. ``of`` names the column a step is a share of.
STEPS: dict[str, str] = {
    "sent": "sent",
    "accepted": "sent",
    "finished": "sent",
    "fed_back": "sent",
    "returned": "sent",
    "called_72h": "followed_72h",
    "called_30d": "followed_30d",
}
BACK = ("returned", "called_72h", "called_30d")
_COUNTS = (
    *("sent", "cancelled", "accepted", "finished", "fed_back", "open", "returned"),
    *("followed_72h", "called_72h", "followed_30d", "called_30d"),
)
_MEDIANS = ("median_hours_to_accept", "median_hours_to_finish", "median_hours_to_feed_back")


def step_name(visit: Visit, step: str) -> str:
    """A step in words."""
    t = visit.t
    return {
        "sent": t("Sent"),
        "accepted": t("Accepted by the department"),
        "finished": t("Done"),
        "fed_back": t("Fed back"),
        "returned": t("Returned at least once"),
        "called_72h": t("Called again within 72 hours"),
        "called_30d": t("Called again within 30 days"),
    }[step]


def splits(visit: Visit) -> dict[str, str]:
    """What diversions can be split by; a station head has one station."""
    t = visit.t
    names = {"department": t("Department"), "category": t("Kind")}
    return {**names, "station": t("Station")} if visit.leads else names


def read_split(params: Params, visit: Visit) -> str:
    """The split an address asks for."""
    return filters.one_of(params.get("by"), tuple(splits(visit)), "department") or "department"


def total(sent: pd.DataFrame) -> dict | None:
    """The row for all of ``queries.diversions.sent_diversions``; None when nothing was sent."""
    return next((row for row in rows(sent) if row["dimension"] == "all"), None)


def step_frame(visit: Visit, row: Mapping) -> pd.DataFrame:
    """``step``, ``items``, ``label``, ``kind``: a bar per step, with its number and its share."""
    on, back = step_kinds(visit)
    found = []
    for step, of in STEPS.items():
        part, whole = int(row[step]), int(row[of])
        label = f"{part:,}"
        if step != "sent":
            label = (
                visit.t(
                    "{part} of {whole} ({share})",
                    part=f"{part:,}",
                    whole=f"{whole:,}",
                    share=share_text(visit, part, whole),
                )
                if whole
                else visit.t("not yet known")
            )
        found.append(
            {
                "step": step_name(visit, step),
                "items": part if whole else None,
                "label": label,
                "kind": back if step in BACK else on,
            }
        )
    return pd.DataFrame(found)


def step_kinds(visit: Visit) -> tuple[str, str]:
    """Names of the two kinds of step."""
    return visit.t("On the way"), visit.t("Back again")


def _members(visit: Visit, split: str) -> tuple[str, ...]:
    if split == "station":
        return (visit.station,) if visit.station else visit.names.stations()
    if split == "department":
        return visit.names.ids("department")
    return (*visit.names.ids("category", "incident"), "unclassified")


def member_name(visit: Visit, split: str, member: str | None) -> str:
    """A department, category or station."""
    return visit.t("Unclassified") if member == "unclassified" else visit.names.name(split, member)


def split_table(visit: Visit, sent: pd.DataFrame, split: str, reported: Reporting) -> pd.DataFrame:
    """One row per member in fixed order. A station that has not reported has no figures, and says so."""
    by_member = {row["member"]: row for row in rows(sent[sent["dimension"] == split])}
    fixed = _members(visit, split)
    # A department the catalogue does not know comes last: none is lost.
    order = [*fixed, *sorted(member for member in by_member if member not in fixed)]
    table = []
    for member in order:
        listed = split == "station" and member != "UNASSIGNED"
        if member not in by_member and not listed:
            continue
        silent = split == "station" and reported.is_silent(member)
        row: Mapping = by_member.get(member) or ({} if silent else dict.fromkeys(_COUNTS, 0))
        line: dict[str, object] = {"member": member_name(visit, split, member)}
        for step, of in STEPS.items():
            line[step] = row.get(step) if step == "sent" or row.get(of) else None
            if step in BACK:
                line[f"{step}_share"] = share_text(visit, row.get(step), row.get(of))
            if step in ("called_72h", "called_30d"):
                line[of] = row.get(of)
        line["cancelled"] = row.get("cancelled")
        line["open"] = row.get("open")
        for median in _MEDIANS:
            line[median] = row.get(median)
        if split == "station":
            line["reported"] = reported.text(member)
        table.append(line)
    # Nobody found and nothing to tell apart by: no row, and the columns all the same.
    frame = pd.DataFrame(table, columns=None if table else list(split_labels(visit, split)))
    for column in _COUNTS:
        frame[column] = frame[column].astype("Int64")
    for column in _MEDIANS:
        frame[column] = frame[column].astype("float64")
    return frame


def split_labels(visit: Visit, split: str) -> dict[str, str]:
    """Header of each column of :func:`split_table`."""
    t = visit.t
    return {
        "member": splits(visit)[split],
        **{step: step_name(visit, step) for step in STEPS},
        **{f"{step}_share": t("{step} (share)", step=step_name(visit, step)) for step in BACK},
        "followed_72h": t("72 hours over (n)"),
        "followed_30d": t("30 days over (n)"),
        "cancelled": t("Cancelled"),
        "open": t("Not yet fed back"),
        "median_hours_to_accept": t("Sent to accepted (median hours)"),
        "median_hours_to_finish": t("Accepted to done (median hours)"),
        "median_hours_to_feed_back": t("Done to fed back (median hours)"),
        "reported": t("Loaded until"),
    }
