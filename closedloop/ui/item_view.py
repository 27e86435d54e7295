"""One item in words: headline, facts, timeline, deadlines, links. Everything from a file is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html import escape

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.ui.codes import code_name
from closedloop.ui.link_list import LinkRow
from closedloop.ui.open_list import standing_text
from closedloop.ui.registry import ITEM
from closedloop.ui.visit import Visit


def _status_text(visit: Visit, item: Mapping) -> str:
    t = visit.t
    if item["is_open"]:
        return t("Open")
    return {"closed": t("Closed"), "cancelled": t("Cancelled")}.get(item["status"] or "", t("Closed"))


#: How a running deadline weighs, worst first; those beyond the last are over.
_WORST_FIRST = ("overdue", "due_soon", "unknown", "running", "paused", "no_calendar", "unconfirmed")


def _judged(visit: Visit, target: Mapping) -> str:
    """How a target that still runs is judged, in the words of the open list; empty when it has ended."""
    if target["ended_at"] is not None:
        return ""
    if not target["is_confirmed"]:
        return "unconfirmed"
    due = target["due_at"]
    warned = due is not None and due <= visit.as_of + timedelta(minutes=float(target["warn_minutes"] or 0))
    return "due_soon" if target["state"] == "running" and warned else target["state"]


def _weight(judgement: str) -> int:
    return _WORST_FIRST.index(judgement) if judgement in _WORST_FIRST else len(_WORST_FIRST)


def standing_html(visit: Visit, item: Mapping, targets: pd.DataFrame) -> str:
    """How the worst running deadline of an open item stands: 超期 3天4小时. Empty when none runs."""
    if not item["is_open"]:
        return ""
    far = pd.Timestamp.max.tz_localize("UTC")
    judged = [(_judged(visit, row), row) for row in rows(targets)]
    judged = [pair for pair in judged if pair[0]]
    if not judged:
        return ""
    judgement, worst = min(
        judged, key=lambda pair: (_weight(pair[0]), pair[1]["breached_at"] or pair[1]["due_at"] or far)
    )
    row = {"judgement": judgement, "unit": worst["unit"], "age_days": (visit.as_of - item["opened_at"]).days}
    if judgement == "overdue":
        row["overdue_minutes"] = (visit.as_of - worst["breached_at"]).total_seconds() / 60
    if judgement == "due_soon":
        row["minutes_left"] = (worst["due_at"] - visit.as_of).total_seconds() / 60
    text = standing_text(visit, row)
    if judgement in ("overdue", "due_soon"):
        text += f" · {visit.names.target(item['loop'], worst['target'])}"
    css = {"overdue": "cl-red", "due_soon": "cl-yellow"}.get(judgement, "")
    return f"<span class='cl-chip {css}'>{escape(text)}</span>"


def headline_html(visit: Visit, item: Mapping, standing: str = "") -> str:
    """Loop, number, colour, status and title; ``standing`` comes from :func:`standing_html`."""
    names, t = visit.names, visit.t
    severity = item["severity"]
    colour = (
        f"<span class='cl-{escape(severity)}'>{escape(names.severity(severity))}</span>"
        if severity
        else f"<span>{escape(t('No colour'))}</span>"
    )
    marks = [
        f"<span class='cl-chip'>{escape(_status_text(visit, item))}</span>",
        standing,
        colour,
        f"<span>{escape(names.loop(item['loop']))} {escape(item['source_no'] or item['item_id'])}</span>",
    ]
    if item["is_withdrawn"]:
        marks.append(f"<span class='cl-chip'>{escape(t('Withdrawn at the source'))}</span>")
    if item["is_returned"]:
        marks.append(f"<span class='cl-chip'>{escape(t('Returned for rework'))}</span>")
    return (
        f"<div class='cl-head'>{''.join(marks)}</div>"
        f"<p class='cl-title' translate='no'>{escape(item['title'] or t('(no title)'))}</p>"
    )


def facts_html(visit: Visit, item: Mapping) -> str:
    """Where the item stands, as pairs of a label and a value."""
    names, t, texts = visit.names, visit.t, visit.texts
    loop = item["loop"]
    missing = item["missing_stages"]
    opening = item["opening_station_id"]
    station = names.station(item["station_id"])
    if opening and opening != item["station_id"]:
        station += " " + t("(opened at {station})", station=names.station(opening))
    severity = names.severity(item["severity"])
    if item["severity_at_issue"] != item["severity"]:
        severity += " " + t("(at issue: {severity})", severity=names.severity(item["severity_at_issue"]))
    category = names.name("category", item["category"])
    if category == item["category"]:
        category = code_name(texts, category)
    reached = f"{names.stage(loop, item['stage'])} · {texts.moment(item['stage_entered_at'])}"
    pairs = [
        (t("Station"), station),
        (t("Colour"), severity),
        (t("Stage reached"), reached),
        (t("Next stage"), names.stage(loop, item["next_stage"])),
        (t("Current holder"), names.holder(item["holder_kind"], item["holder_id"])),
        (t("Opened"), texts.moment(item["opened_at"])),
        (t("Age"), texts.duration(visit.as_of - item["opened_at"])) if item["is_open"] else ("", ""),
        (t("Kind of directive"), code_name(texts, item["directive_kind"]))
        if item["directive_kind"]
        else (t("Category"), category),
        (t("Place"), item["place"] or t("none recorded")),
        (t("Outcome"), code_name(texts, item["outcome"])),
        (
            t("Skipped stages"),
            t(", ").join(names.stage(loop, stage) for stage in missing) if missing else t("none"),
        ),
        (
            t("Rework, returns, extensions, reopenings"),
            " · ".join(
                str(int(item[name] or 0))
                for name in ("rework_count", "return_count", "extension_count", "reopen_count")
            ),
        ),
        (t("Events recorded late"), texts.number(item["late_recorded_events"])),
    ]
    cells = "".join(f"<div><dt>{escape(a)}</dt><dd>{escape(str(b))}</dd></div>" for a, b in pairs if a)
    if item["directive_kind"]:
        measures = (item["measures"] or "").strip() or t("none recorded")
        label = escape(t("Follow-up measures"))
        recorded = " translate='no'" if item["measures"] else ""
        cells += f"<div class='cl-wide'><dt>{label}</dt><dd{recorded}>{escape(measures)}</dd></div>"
    return f"<dl class='cl-facts'>{cells}</dl>"


def state_frame(visit: Visit, loop: str, states: pd.DataFrame) -> pd.DataFrame:
    """``holder``, ``stage``, ``since``, ``until`` in local time, for the open intervals."""
    zone, names = visit.texts.zone, visit.names
    part = states[states["is_open"].astype(bool)]

    def local(values: pd.Series) -> pd.Series:
        return pd.to_datetime(values, utc=True).dt.tz_convert(zone).dt.tz_localize(None)

    return pd.DataFrame(
        {
            "holder": [names.holder_kind(k) if k else names.holder_kind("none") for k in part["holder_kind"]],
            "stage": [names.stage(loop, stage) for stage in part["stage"]],
            "since": local(part["valid_from"]),
            "until": local(part["valid_to"].fillna(pd.Timestamp(visit.as_of))),
        }
    )


def state_label(visit: Visit, state: str | None, unit: str, confirmed: bool) -> str:
    """How a target stands or ended: met, late, overdue …"""
    t = visit.t
    minutes = unit in ("minutes", "hours")
    if state in ("overdue", "late") and not confirmed:
        return t("No confirmed limit")
    if state == "overdue":
        return t("Late, still running") if minutes else t("Overdue")
    if state == "late":
        return t("Met late") if minutes else t("Met after the deadline")
    return {
        "met": t("Met"),
        "cancelled": t("Cancelled"),
        "running": t("Running"),
        "paused": t("Paused"),
        "no_calendar": t("Calendar does not reach"),
        "unknown": t("Not yet known"),
    }.get(state or "", "—")


def limit_text(visit: Visit, value: float, unit: str) -> str:
    """A limit in words: ``30 minutes``, ``2 working days``."""
    n = int(value) if float(value).is_integer() else float(value)
    count = visit.texts.n
    return {
        "minutes": count("{count} minute", "{count} minutes", n),
        "hours": count("{count} hour", "{count} hours", n),
        "calendar_days": count("{count} calendar day", "{count} calendar days", n),
        "working_days": count("{count} working day", "{count} working days", n),
    }.get(unit, f"{n} {unit}")


def target_table(visit: Visit, loop: str, targets: pd.DataFrame) -> pd.DataFrame:
    """One row per target and spell: overdue ones, those still running by their deadline, then what is over.

    What is over stands in the order of the stages that ended it.
    """
    t, texts, names = visit.t, visit.texts, visit.names
    reasons = {
        "stage": t("stage reached"),
        "reassign": t("reassigned"),
        "reopen": t("reopened"),
        "upgrade": t("upgraded"),
    }
    stages = [key.partition(":")[2] for key in names.ids("stage", loop)]
    far = pd.Timestamp.max.tz_localize("UTC")

    def urgency(row: Mapping) -> tuple:
        judgement = _judged(visit, row)
        stop = row["stop_stage"]
        stage = stages.index(stop) if stop in stages else len(stages)
        if judgement:
            return (0 if judgement == "overdue" else 1, row["due_at"] or far, stage)
        return (2, far, stage)

    table = []
    for row in sorted(rows(targets), key=urgency):
        late = row["breached_at"]
        end = row["ended_at"] or visit.as_of
        why = reasons.get(row["start_reason"], row["start_reason"])
        table.append(
            {
                t("Target"): names.target(loop, row["target"]),
                t("State"): state_label(visit, row["state"], row["unit"], bool(row["is_confirmed"])),
                t("Due"): texts.moment(row["due_at"]),
                t("Exceeded by"): texts.duration(end - late) if late is not None and end > late else "—",
                t("Limit"): limit_text(visit, row["limit_value"], row["unit"])
                + (f" ({t('assumed')})" if row["is_assumed"] else ""),
                t("Colour"): names.severity(row["severity"]) if row["severity"] not in (None, "*") else "—",
                t("Started"): f"{texts.moment(row['started_at'])} ({why})",
                t("Ended"): texts.moment(row["ended_at"]),
                t("Charged to"): names.holder_kind(row["charged_to"]),
                t("Document"): row["doc_no"] or "—",
            }
        )
    return pd.DataFrame(table)


def timeline_html(visit: Visit, loop: str, events: pd.DataFrame) -> str:
    """The events, oldest first, with what was superseded struck through and the source of every line."""
    t, texts, names = visit.t, visit.texts, visit.names
    lines, later = [], 0
    for row in rows(events):
        if row["is_later"]:
            later += 1
            continue
        what = names.stage(loop, row["stage"]) if row["stage"] else names.move(row["move"])
        kind = t("stage") if row["stage"] else t("move")
        details = []
        if row["severity"]:
            details.append(names.severity(row["severity"]))
        if row["due_at"] is not None:
            details.append(t("new deadline {moment}", moment=texts.moment(row["due_at"])))
        if row["department_id"]:
            details.append(names.name("department", row["department_id"]))
        if row["post_id"]:
            details.append(t("post {post}", post=names.name("post", row["post_id"])))
        if row["outcome"]:
            details.append(t("outcome: {outcome}", outcome=code_name(texts, row["outcome"])))
        marks = []
        if row["is_late_recorded"]:
            late_by = row["recorded_at"] - row["occurred_at"]
            marks.append(t("recorded late by {duration}", duration=texts.duration(late_by)))
        if row["version_status"] == "superseded":
            by = row["superseded_by"]
            marks.append(t("superseded by {event}", event=by) if by else t("superseded by a newer version"))
        if row["version_status"] == "retracted":
            marks.append(t("retracted"))
        if row["version"] and row["version"] > 1:
            marks.append(t("version {n}", n=row["version"]))
        source = t(
            "{file}, row {row}, batch {batch}",
            file=row["source_file"],
            row=texts.number(row["source_row"]),
            batch=row["batch_id"],
        )
        gone = " cl-gone" if not row["counts"] else ""
        lines.append(
            f"<li class='cl-event{gone}'><time>{escape(texts.moment(row['occurred_at']))}</time>"
            f"<div><b>{escape(what)}</b> <small>{escape(kind)}</small>"
            + (f" <span>{escape(' · '.join(details))}</span>" if details else "")
            + "".join(f" <span class='cl-chip'>{escape(mark)}</span>" for mark in marks)
            + f"<div class='cl-source'>{escape(source)}</div></div></li>"
        )
    note = ""
    if later:
        hidden = texts.n("{count} later event is not shown.", "{count} later events are not shown.", later)
        note = f"<p class='cl-source'>{escape(hidden)}</p>"
    return f"<ol class='cl-timeline'>{''.join(lines)}</ol>{note}"


def _relation(visit: Visit, relation: str, direction: str) -> str:
    t = visit.t
    words = {
        ("subject", "to"): t("about"),
        ("subject", "from"): t("directive about this"),
        ("incident", "to"): t("arose from"),
        ("incident", "from"): t("led to"),
        ("merged_into", "to"): t("merged into"),
        ("merged_into", "from"): t("merged from"),
    }
    return words.get((relation, direction), relation)


def linked_rows(visit: Visit, links: pd.DataFrame) -> list[LinkRow]:
    """Linked items as links; one that cannot be seen keeps its number only."""
    return [
        LinkRow(
            title=row["title"] or row["work_item_id"],
            recorded=True,
            page=ITEM,
            params={"item": row["work_item_id"]},
            mark=visit.names.severity(row["severity"]) if row["severity"] else "",
            tone=row["severity"] or "none",
            standing=_relation(visit, row["relation"], row["direction"]),
            facts=_facts(visit, row),
        )
        for row in rows(links)
    ]


def _facts(visit: Visit, row: Mapping) -> tuple[str, ...]:
    if row["loop"] is None:
        return (visit.t("not found, or not yours to see"),)
    return (
        f"{visit.names.loop(row['loop'])} {row['item_no']}",
        visit.names.station(row["station_id"]),
        visit.t("Open") if row["is_open"] else visit.t("Closed"),
        visit.t("opened {moment}", moment=visit.texts.moment(row["opened_at"])),
    )


def found_rows(visit: Visit, found: pd.DataFrame) -> list[LinkRow]:
    """Items found by number."""
    return [
        LinkRow(
            title=row["title"] or row["work_item_id"],
            recorded=True,
            page=ITEM,
            params={"item": row["work_item_id"]},
            mark=visit.names.severity(row["severity"]) if row["severity"] else "",
            tone=row["severity"] or "none",
            facts=_facts(visit, row),
        )
        for row in rows(found)
    ]
