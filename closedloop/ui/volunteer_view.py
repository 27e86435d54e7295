"""Volunteers as counts: who serves by station, squad and post, and what was done. Never a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.names import UNASSIGNED
from closedloop.ui.reporting import Reporting
from closedloop.ui.visit import Visit

#: What the activities rest on; posts and volunteers are registers and never 未报.
SOURCES = ("volunteer_activities",)
KINDS = ("patrol", "mediation", "lead", "hazard", "training", "publicity", "event_security", "other")
#: Kinds that somebody accepts or not.
JUDGED = ("lead", "hazard")


def kind_name(visit: Visit, kind: str) -> str:
    """A kind of activity in words; the source's own word for one that is not known."""
    t = visit.t
    return {
        "patrol": t("Patrols"),
        "mediation": t("Disputes mediated"),
        "lead": t("Leads"),
        "hazard": t("Hazards reported"),
        "training": t("Training"),
        "publicity": t("Publicity"),
        "event_security": t("Event security"),
        "other": t("Other activities"),
    }.get(kind, kind)


def squad_name(visit: Visit, squad: str | None) -> str:
    """A squad in words; the source's own word for one that is not known."""
    t = visit.t
    return {
        None: t("No squad"),
        "anti_fraud": t("Against fraud"),
        "patrol": t("Patrol squad"),
        "mediation": t("Mediation squad"),
        "traffic": t("Traffic safety"),
        "event_security": t("Security of small events"),
        "counselling": t("Counselling"),
        "publicity": t("Safety publicity"),
    }.get(squad, str(squad))


def splits(visit: Visit) -> dict[str, str]:
    """What volunteer work can be split by; a station head has one station."""
    t = visit.t
    names = {"squad": t("Squad"), "post": t("Volunteer post"), "month": t("Month")}
    return {"station": t("Station"), **names} if visit.leads else names


def read_split(params: Params, visit: Visit) -> str:
    """The split an address asks for."""
    first = next(iter(splits(visit)))
    return filters.one_of(params.get("by"), tuple(splits(visit)), first) or first


def done_in_all(done: pd.DataFrame) -> dict[str, dict]:
    """The rows for all of ``queries.volunteers.volunteer_activities``, by kind."""
    return {row["kind"]: row for row in rows(done[done["dimension"] == "all"])}


def activities_in_all(done: pd.DataFrame) -> int:
    """How many activities there were, of every kind."""
    return int(done.loc[done["dimension"] == "all", "activities"].sum())


def all_kinds(done: pd.DataFrame) -> tuple[str, ...]:
    """Kinds that occur, in fixed order; unknown ones last."""
    present = set(done["kind"])
    return (*(k for k in KINDS if k in present), *sorted(present - set(KINDS)))


def months(visit: Visit) -> list[str]:
    """Every month of the period, ``2024-03``, also those without activities."""
    first, last = visit.first_day, visit.last_day
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1).strftime("%Y-%m")
        for i in range(count)
    ]


def month_frame(done: pd.DataFrame, kind: str) -> pd.DataFrame:
    """``month``, ``items`` of one kind: what its small chart shows."""
    part = done[(done["dimension"] == "month") & (done["kind"] == kind)]
    return pd.DataFrame({"month": part["member"], "items": part["activities"].astype(int)})


def _line(rows_of: Mapping[str, Mapping], silent: bool) -> dict:
    kinds = {kind: rows_of.get(kind, {}) for kind in KINDS}
    extra = [row for kind, row in rows_of.items() if kind not in KINDS]
    zero = None if silent else 0

    def added(column: str) -> float | None:
        return zero if silent else sum(row.get(column, 0) for row in (*kinds.values(), *extra))

    line: dict = {kind: zero if silent else row.get("activities", 0) for kind, row in kinds.items()}
    line["other"] = zero if silent else line["other"] + sum(row["activities"] for row in extra)
    for kind in JUDGED:
        line[f"{kind}_accepted"] = zero if silent else kinds[kind].get("accepted", 0)
    return {
        **line,
        "person_hours": added("person_hours"),
        "participations": added("participations"),
        "children": added("children"),
    }


def _by_member(done: pd.DataFrame, split: str) -> dict[str | None, dict[str, dict]]:
    found: dict[str | None, dict[str, dict]] = {}
    for row in rows(done[done["dimension"] == split]):
        found.setdefault(row["member"], {})[row["kind"]] = row
    return found


def split_table(
    visit: Visit, serving: pd.DataFrame, done: pd.DataFrame, split: str, reported: Reporting
) -> pd.DataFrame:
    """One row per station, squad or month, in fixed order: who serves, and what was done."""
    by_member = _by_member(done, split)
    here = {row["member"]: row for row in rows(serving[serving["dimension"] == split])}
    if split == "station":
        known = (visit.station,) if visit.station else visit.names.stations()
        order = [s for s in known if s != UNASSIGNED or s in by_member or s in here]
    elif split == "month":
        order = months(visit)
    else:
        order = sorted({*by_member, *here}, key=lambda squad: (squad is None, str(squad)))
    table = []
    for member in order:
        silent = reported.is_silent(str(member)) if split == "station" else reported.all_silent
        standing = here.get(member, {})
        line: dict = {
            "member": {"station": visit.names.station, "squad": lambda s: squad_name(visit, s)}.get(
                split, str
            )(member)
        }
        if split != "month":
            line["volunteers"] = standing.get("volunteers", 0)
        if split == "station":
            line["posts"] = standing.get("posts", 0)
        line |= _line(by_member.get(member, {}), silent)
        if split == "station":
            line["reported"] = reported.text(str(member))
        table.append(line)
    return _typed(pd.DataFrame(table))


def post_table(visit: Visit, posts: pd.DataFrame, reported: Reporting) -> pd.DataFrame:
    """One row per volunteer post in use, in the stations' fixed order."""
    silent = [reported.is_silent(station) for station in posts["station_id"]]
    counts = ("activities", "patrol", "mediation", "lead", "lead_accepted", "person_hours")
    columns = ("activities", "patrols", "mediations", "leads", "leads_accepted", "person_hours")
    return _typed(
        pd.DataFrame(
            {
                "member": posts["name_zh"].fillna(posts["volunteer_post_id"]),
                "station": [visit.names.station(s) for s in posts["station_id"]],
                "volunteers": posts["volunteers"],
                **{
                    name: [None if s else v for s, v in zip(silent, posts[column], strict=True)]
                    for name, column in zip(counts, columns, strict=True)
                },
                "reported": [reported.text(s) for s in posts["station_id"]],
            }
        )
    )


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    for column in frame.columns:
        if column == "person_hours":
            frame[column] = frame[column].astype("float64")
        elif column not in ("member", "station", "reported"):
            frame[column] = frame[column].astype("Int64")
    return frame


def split_labels(visit: Visit, split: str) -> dict[str, str]:
    """Header of each column of :func:`split_table` and :func:`post_table`."""
    t = visit.t
    return {
        "member": splits(visit)[split],
        "station": t("Station"),
        "volunteers": t("Volunteers"),
        "posts": t("Volunteer posts"),
        "activities": t("Activities"),
        **{kind: kind_name(visit, kind) for kind in KINDS},
        "lead_accepted": t("Leads accepted"),
        "hazard_accepted": t("Hazards accepted"),
        "person_hours": t("Person-hours"),
        "participations": t("Participations"),
        "children": t("Children (participations)"),
        "reported": t("Loaded until"),
    }
