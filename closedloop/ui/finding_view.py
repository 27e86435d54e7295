"""Findings as cards and rows: by station and rule in fixed orders, each leading on, never a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from closedloop.queries.findings import FindingFilter
from closedloop.ui.finding_list import Rules, addressee, state_label, what_is_meant, what_was_recorded
from closedloop.ui.link_list import LinkRow
from closedloop.ui.registry import FINDINGS, ITEM
from closedloop.ui.standing_view import duration_of
from closedloop.ui.visit import Visit

#: Below this many mended findings a median says nothing.
LEAST_N = 5


@dataclass(frozen=True)
class Totals:
    """The headline counts of the page."""

    to_mend: int
    recent: int
    older: int
    to_review: int
    new: int
    by_addressee: tuple[tuple[str, int], ...]
    shown: Mapping[str, int]
    shown_to_review: Mapping[str, int]


def totals(counts: Sequence[Mapping]) -> Totals:
    """Headline counts from the rows of ``queries.findings.finding_counts``."""
    to_mend = [row for row in counts if row["kind"] != "review"]
    to_review = [row for row in counts if row["kind"] == "review"]
    return Totals(
        to_mend=sum(int(row["open_findings"]) for row in to_mend),
        recent=sum(int(row["recent_findings"]) for row in to_mend),
        older=_parts(to_mend)["older"],
        to_review=sum(int(row["open_findings"]) for row in to_review),
        new=sum(int(row["new_findings"]) for row in counts),
        by_addressee=tuple(
            (charged, sum(int(row["recent_findings"]) for row in to_mend if row["charged_to"] == charged))
            for charged in ("station", "centre", "department", "data")
        ),
        shown=_parts(counts),
        shown_to_review=_parts(to_review),
    )


def _parts(counts: Sequence[Mapping]) -> dict[str, int]:
    """How many findings each part of the list holds."""

    def total(column: str) -> int:
        return sum(int(row[column]) for row in counts)

    return {
        "recent": total("recent_findings"),
        "older": total("open_findings") - total("recent_findings"),
        "open": total("open_findings"),
        "new": total("new_findings"),
        "mended": total("mended_in_period"),
        "found": total("found_in_period"),
    }


def median_text(visit: Visit, mended: int, minutes: float | None) -> str:
    """A median time to mend; a dash where too few were mended to say one."""
    return duration_of(visit, minutes) if mended >= LEAST_N else "—"


def _recent(visit: Visit, part: Sequence[Mapping]) -> str:
    recent = sum(int(row["recent_findings"]) for row in part)
    return visit.t("{n} of the last 7 days", n=visit.texts.number(recent))


def _stock(visit: Visit, part: Sequence[Mapping]) -> str:
    """How much stands from before, and since when: ``older: 402, oldest 410 days``."""
    older = sum(int(row["open_findings"]) - int(row["recent_findings"]) for row in part)
    if not older:
        return ""
    oldest = min(row["oldest_at"] for row in part if row["oldest_at"] is not None)
    return visit.t(
        "older: {n}, oldest {age}",
        n=visit.texts.number(older),
        age=visit.texts.duration(visit.as_of - oldest),
    )


def _part(row: Mapping) -> dict[str, str]:
    """Where a rule's link leads: to what is recent or, where nothing is, to what stands from before."""
    return {"show": "recent" if int(row["recent_findings"]) else "open"}


def _repeats(visit: Visit, row: Mapping, days: int) -> str:
    per_100 = row[f"per_100_{days}"]
    return visit.t(
        "{days} days: {n} ({per_100} per 100)",
        days=days,
        n=int(row[f"found_{days}"]),
        per_100=visit.texts.number(None if per_100 is None else float(per_100), 1),
    )


def _filters(wanted: FindingFilter) -> dict[str, Any]:
    return {"rule": list(wanted.rules), "loop": list(wanted.loops)}


def station_rows(visit: Visit, counts: Sequence[Mapping], wanted: FindingFilter) -> list[LinkRow]:
    """Stations in the bureau's fixed order, each leading to its own rules."""
    t = visit.t
    by_station: dict[str, list[Mapping]] = {}
    for row in counts:
        by_station.setdefault(row["station_id"], []).append(row)
    found = []
    for station in visit.names.stations():
        part = by_station.get(station)
        if not part:
            continue
        found.append(
            LinkRow(
                title=visit.names.station(station),
                page=FINDINGS,
                params={**_filters(wanted), "station": station},
                standing=_recent(visit, part),
                facts=(
                    t("new: {n}", n=sum(int(r["new_findings"]) for r in part)),
                    _stock(visit, part),
                    t("found in 28 days: {n}", n=sum(int(r["found_28"]) for r in part)),
                    t("found in 90 days: {n}", n=sum(int(r["found_90"]) for r in part)),
                    t("rules: {n}", n=sum(int(r["open_findings"]) > 0 for r in part)),
                ),
            )
        )
    return found


def rule_rows(
    visit: Visit, rules: Rules, counts: Sequence[Mapping], wanted: FindingFilter, station: str
) -> list[LinkRow]:
    """The rules of one station in the catalogue's order, each leading to its findings."""
    t = visit.t
    return [
        LinkRow(
            title=rules.name(row["rule_id"]),
            page=FINDINGS,
            params={
                **_filters(wanted),
                **_part(row),
                "rule": row["rule_id"],
                "station": station if visit.leads else "",
            },
            standing=_recent(visit, [row]),
            facts=(
                addressee(visit, row["charged_to"]),
                t("to be looked into, not to be mended") if row["kind"] == "review" else "",
                t("new: {n}", n=int(row["new_findings"])),
                _stock(visit, [row]),
                _repeats(visit, row, 28),
                _repeats(visit, row, 90),
                t(
                    "median to mend: {duration} (n {n})",
                    duration=median_text(visit, int(row["mended_90"]), row["median_minutes"]),
                    n=int(row["mended_90"]),
                )
                if row["mended_90"]
                else "",
            ),
        )
        for row in counts
        if row["station_id"] == station
    ]


def city_rule_rows(
    visit: Visit, rules: Rules, counts: Sequence[Mapping], wanted: FindingFilter
) -> list[LinkRow]:
    """The rules over all stations of the scope in the catalogue's order, each leading to its findings."""
    t = visit.t
    by_rule: dict[str, list[Mapping]] = {}
    for row in counts:
        by_rule.setdefault(row["rule_id"], []).append(row)
    return [
        LinkRow(
            title=rules.name(rule),
            page=FINDINGS,
            params={
                **_filters(wanted),
                "show": "recent" if any(int(row["recent_findings"]) for row in part) else "open",
                "rule": rule,
            },
            standing=_recent(visit, part),
            facts=(
                addressee(visit, part[0]["charged_to"]),
                t("to be looked into, not to be mended") if part[0]["kind"] == "review" else "",
                t("new: {n}", n=sum(int(row["new_findings"]) for row in part)),
                _stock(visit, part),
                t("found in 28 days: {n}", n=sum(int(row["found_28"]) for row in part)),
                t("found in 90 days: {n}", n=sum(int(row["found_90"]) for row in part)),
            ),
        )
        for rule, part in by_rule.items()
    ]


def finding_rows(visit: Visit, rules: Rules, found: Sequence[Mapping]) -> list[LinkRow]:
    """Findings as links to their items; one about no single item leads to the findings of its rule."""
    t, texts, names = visit.t, visit.texts, visit.names
    return [
        LinkRow(
            title=f"{rules.name(row['rule_id'])} · {row['item_no']}",
            page=ITEM if row["work_item_id"] else FINDINGS,
            params={"item": row["work_item_id"]} if row["work_item_id"] else {"rule": row["rule_id"]},
            standing=state_label(visit, row),
            facts=(
                names.station(row["station_id"]),
                names.loop(row["loop"]) if row["loop"] else "",
                what_is_meant(visit, row),
                t("found {moment}", moment=texts.moment(row["found_at"])),
                t("for {age}", age=_age(visit, row)) if row["is_open"] else "",
                t("mended {moment}", moment=texts.moment(row["mended_at"])) if row["mended_at"] else "",
                addressee(visit, row["charged_to"]) if row["charged_to"] != "station" else "",
            ),
            recorded_facts=tuple(filter(None, (what_was_recorded(row),))),
        )
        for row in found
    ]


def item_finding_rows(visit: Visit, rules: Rules, found: Sequence[Mapping]) -> list[LinkRow]:
    """The findings of one item: rule, since when, what mends it; each leads to the findings of its rule."""
    t, texts = visit.t, visit.texts
    return [
        LinkRow(
            title=" · ".join(filter(None, (rules.name(row["rule_id"]), what_is_meant(visit, row)))),
            page=FINDINGS,
            params={"rule": row["rule_id"], "show": "open"},
            standing=t("{state} for {age}", state=state_label(visit, row), age=_age(visit, row))
            if row["is_open"]
            else state_label(visit, row),
            facts=(
                t("found {moment}", moment=texts.moment(row["found_at"])),
                t("mended {moment}", moment=texts.moment(row["mended_at"])) if row["mended_at"] else "",
                addressee(visit, row["charged_to"]),
                rules.mend(row["rule_id"]) if row["is_open"] else "",
            ),
        )
        for row in found
    ]


def _age(visit: Visit, row: Mapping) -> str:
    return visit.texts.duration(visit.as_of - row["found_at"])
