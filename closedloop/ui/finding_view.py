"""Findings as cards and rows: by station and rule in fixed orders, each leading on, never a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from closedloop.queries.findings import FindingFilter
from closedloop.ui.finding_list import Rules, addressee, state_label, what_is_meant
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
    to_review: int
    new: int
    by_addressee: tuple[tuple[str, int], ...]
    shown: Mapping[str, int]


def totals(counts: Sequence[Mapping]) -> Totals:
    """Headline counts from the rows of ``queries.findings.finding_counts``."""
    to_mend = [row for row in counts if row["kind"] != "review"]
    open_all = sum(int(row["open_findings"]) for row in counts)
    return Totals(
        to_mend=sum(int(row["open_findings"]) for row in to_mend),
        to_review=open_all - sum(int(row["open_findings"]) for row in to_mend),
        new=sum(int(row["new_findings"]) for row in counts),
        by_addressee=tuple(
            (charged, sum(int(row["open_findings"]) for row in to_mend if row["charged_to"] == charged))
            for charged in ("station", "centre", "department", "data")
        ),
        shown={
            "open": open_all,
            "new": sum(int(row["new_findings"]) for row in counts),
            "mended": sum(int(row["mended_in_period"]) for row in counts),
            "found": sum(int(row["found_in_period"]) for row in counts),
        },
    )


def median_text(visit: Visit, mended: int, minutes: float | None) -> str:
    """A median time to mend; a dash where too few were mended to say one."""
    return duration_of(visit, minutes) if mended >= LEAST_N else "—"


def _age(visit: Visit, row: Mapping) -> str:
    since = row["oldest_at"]
    return visit.texts.duration(visit.as_of - since) if since is not None else "—"


def _repeats(visit: Visit, row: Mapping, days: int) -> str:
    per_100 = row[f"per_100_{days}"]
    return visit.t(
        "{days} days: {n} ({per_100} per 100)",
        days=days,
        n=int(row[f"found_{days}"]),
        per_100=visit.texts.number(None if per_100 is None else float(per_100), 1),
    )


def _filters(wanted: FindingFilter) -> dict[str, object]:
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
        oldest = min((row["oldest_at"] for row in part if row["oldest_at"] is not None), default=None)
        found.append(
            LinkRow(
                title=visit.names.station(station),
                page=FINDINGS,
                params={**_filters(wanted), "station": station},
                standing=t("{n} open", n=visit.texts.number(sum(int(r["open_findings"]) for r in part))),
                facts=(
                    t("new: {n}", n=sum(int(r["new_findings"]) for r in part)),
                    t("found in 28 days: {n}", n=sum(int(r["found_28"]) for r in part)),
                    t("found in 90 days: {n}", n=sum(int(r["found_90"]) for r in part)),
                    t("rules: {n}", n=sum(int(r["open_findings"]) > 0 for r in part)),
                    t("oldest: {age}", age=_age(visit, {"oldest_at": oldest})),
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
            params={**_filters(wanted), "rule": row["rule_id"], "station": station if visit.leads else ""},
            standing=t("{n} open", n=visit.texts.number(int(row["open_findings"]))),
            facts=(
                addressee(visit, row["charged_to"]),
                t("to be looked into, not to be mended") if row["kind"] == "review" else "",
                t("new: {n}", n=int(row["new_findings"])),
                _repeats(visit, row, 28),
                _repeats(visit, row, 90),
                t(
                    "median to mend: {duration} (n {n})",
                    duration=median_text(visit, int(row["mended_90"]), row["median_minutes"]),
                    n=int(row["mended_90"]),
                )
                if row["mended_90"]
                else "",
                t("oldest: {age}", age=_age(visit, row)) if row["oldest_at"] is not None else "",
            ),
        )
        for row in counts
        if row["station_id"] == station
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
                t("mended {moment}", moment=texts.moment(row["mended_at"])) if row["mended_at"] else "",
                addressee(visit, row["charged_to"]) if row["charged_to"] != "station" else "",
            ),
        )
        for row in found
    ]


def reminder_text(
    visit: Visit, rules: Rules, station: str, part: Sequence[Mapping], mend_by: str | None
) -> str:
    """A polite reminder to one station: what to mend, under which numbers, by when. Plain text.

    ``part`` are the station's rows of ``queries.findings.reminders``. Only numbers of the source systems.
    """
    t, texts = visit.t, visit.texts
    recent = sum(int(row["findings"]) for row in part)
    earlier = sum(int(row["earlier_findings"]) for row in part)
    lines = [
        t(
            "To {station}: matters to be mended, as of {moment}",
            station=visit.names.station(station),
            moment=texts.moment(visit.as_of),
        ),
        t(
            "{recent} findings of the last 28 days are open, and {earlier} older ones. Please check them and "
            "correct or record them in the source system:",
            recent=texts.number(recent),
            earlier=texts.number(earlier),
        ),
        "",
    ]
    for number, row in enumerate(part, start=1):
        counted = t(
            "{n} of the last 28 days, {earlier} older",
            n=texts.number(int(row["findings"])),
            earlier=texts.number(int(row["earlier_findings"])),
        )
        lines.append(f"{number}. {rules.name(row['rule_id'])}: {counted}")
        named = row["numbers"]
        if named is not None and len(named):
            more = t(" and others") if int(row["findings"]) > len(named) else ""
            lines.append("   " + t("Numbers: {numbers}{more}", numbers=t(", ").join(named), more=more))
        lines.append("   " + rules.mend(row["rule_id"]))
    lines.append("")
    lines.append(
        t("Please finish by {moment}; if you see it differently, reply with the reason.", moment=mend_by)
        if mend_by
        else t("Please finish soon; if you see it differently, reply with the reason.")
    )
    return "\n".join(lines)


def mend_by_text(visit: Visit, row: Mapping | None) -> str | None:
    """The day and closing time by which to mend; None beyond the calendar."""
    if row is None:
        return None
    return f"{visit.texts.day(row['mend_by'])} {row['closes_at']:%H:%M}"
