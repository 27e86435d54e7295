"""Reminders (催办): one polite text per station, what is new and mendable first, older stock as one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closedloop.ui.finding_list import Rules
from closedloop.ui.visit import Visit


def reminder_text(
    visit: Visit, rules: Rules, station: str, part: Sequence[Mapping], mend_by: str | None
) -> str:
    """A polite reminder to one station: what to mend, under which numbers, by when. Plain text.

    ``part`` are the station's rows of ``queries.findings.reminders``. Only numbers of the source systems.
    """
    t, texts = visit.t, visit.texts
    recent = [row for row in part if int(row["findings"])]
    lines = [
        t(
            "To {station}: matters to be mended, as of {moment}",
            station=visit.names.station(station),
            moment=texts.moment(visit.as_of),
        ),
    ]
    if recent:
        lines.append(
            t(
                "{recent} findings of the last 7 days, {new} of them new since the last duty day. Please "
                "check them and correct or record them in the source system:",
                recent=texts.number(sum(int(row["findings"]) for row in recent)),
                new=texts.number(sum(int(row["new_findings"]) for row in recent)),
            )
        )
        lines.append("")
    for number, row in enumerate(recent, start=1):
        lines.append(f"{number}. {rules.name(row['rule_id'])}: {texts.number(int(row['findings']))}")
        named = row["numbers"]
        more = t(" and others") if int(row["findings"]) > len(named) else ""
        lines.append("   " + t("Numbers: {numbers}{more}", numbers=t(", ").join(named), more=more))
        lines.append("   " + rules.mend(row["rule_id"]))
    if older := older_text(visit, part):
        lines += ["", older] if recent else [older]
    lines.append("")
    lines.append(
        t("Please finish by {moment}; if you see it differently, reply with the reason.", moment=mend_by)
        if mend_by
        else t("Please finish soon; if you see it differently, reply with the reason.")
    )
    return "\n".join(lines)


def older_text(visit: Visit, part: Sequence[Mapping]) -> str:
    """What a station has standing from before, as one line; empty when there is none."""
    older = [row for row in part if int(row["older_findings"])]
    if not older:
        return ""
    return visit.t(
        "Besides, {n} older findings under {rules} rules still stand, the oldest since {day}; the list is "
        "under Findings, Older.",
        n=visit.texts.number(sum(int(row["older_findings"]) for row in older)),
        rules=len(older),
        day=visit.texts.day(min(row["oldest_at"] for row in older).astimezone(visit.texts.zone).date()),
    )


def reminder_label(visit: Visit, station: str, part: Sequence[Mapping]) -> str:
    """The station, and how much its reminder names."""
    return visit.t(
        "{station}, its own to mend: {recent} of the last 7 days, {older} older",
        station=visit.names.station(station),
        recent=visit.texts.number(sum(int(row["findings"]) for row in part)),
        older=visit.texts.number(sum(int(row["older_findings"]) for row in part)),
    )


def mend_by_text(visit: Visit, row: Mapping | None) -> str | None:
    """The day and closing time by which to mend; None beyond the calendar."""
    if row is None:
        return None
    return f"{visit.texts.day(row['mend_by'])} {row['closes_at']:%H:%M}"
