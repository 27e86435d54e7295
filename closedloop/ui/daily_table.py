"""每日警情分析表 as tables that print: one per station, each row an incident that was open at the cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html import escape

import pandas as pd

from closedloop.queries.daily import open_incidents
from closedloop.queries.reading import rows
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.open_list import judgement_label, standing_text
from closedloop.ui.visit import Visit

#: Rows on the page; the download has them all.
SHOWN = 2000


def at_cut_off(visit: Visit, params: Params) -> Visit:
    """The same visit at the moment the table is made for: the last turn of the duty day, or the moment that
    the address asks for."""
    return visit if params.get("as_of") else replace(visit, as_of=visit.duty_day[2])


def daily_title(visit: Visit) -> str:
    """The table's name."""
    return visit.t("Daily incident table")


def by_station(visit: Visit, frame: pd.DataFrame) -> dict[str, list[dict]]:
    """The rows of each station that has any, stations in the bureau's order."""
    found: dict[str, list[dict]] = {}
    for row in rows(frame):
        found.setdefault(row["station_id"], []).append(row)
    return {station: found[station] for station in visit.names.stations() if station in found}


def _category(visit: Visit, row: Mapping) -> str:
    return visit.names.name("category", row["category"])


def _last_move(visit: Visit, row: Mapping) -> str:
    names = visit.names
    if row["last_stage"]:
        return names.stage(row["loop"], row["last_stage"])
    return names.move(row["last_move"])


def _missing(visit: Visit, row: Mapping) -> list[str]:
    """What was skipped, and which stage is next."""
    t, names = visit.t, visit.names
    parts = []
    if row["missing_stages"]:
        skipped = t(", ").join(names.stage(row["loop"], stage) for stage in row["missing_stages"])
        parts.append(t("skipped: {stages}", stages=skipped))
    if row["next_stage"]:
        parts.append(t("next: {stage}", stage=names.stage(row["loop"], row["next_stage"])))
    return parts


def _elements(visit: Visit, row: Mapping) -> list[str]:
    """How many elements the feedback form has, where a source says so."""
    if row["elements_recorded"] is None:
        return []
    return [visit.t("elements recorded: {count}", count=int(row["elements_recorded"]))]


def _columns(visit: Visit) -> list[tuple[str, str]]:
    t = visit.t
    return [
        ("number", t("Number")),
        ("received", t("Received")),
        ("category", t("Category")),
        ("stage", t("Stage reached")),
        ("holder", t("Current holder")),
        ("missing", t("What is missing")),
        ("last", t("Last move")),
        ("target", t("Next target")),
    ]


def _cells(visit: Visit, row: Mapping) -> list[str]:
    """The cells of a row as HTML; every text is escaped."""
    texts, names = visit.texts, visit.names
    link = escape(visit.item_address(row["work_item_id"]), quote=True)
    last = [_last_move(visit, row), texts.moment(row["last_at"])] if row["last_at"] is not None else ["—"]
    target = [names.target(row["loop"], row["target"]), texts.moment(row["due_at"])] if row["target"] else []
    standing = _lines(standing_text(visit, row))
    if row["judgement"] == "overdue":
        standing = f"<b>{standing}</b>"
    return [
        f"<a class='cl-link' href='{link}'>{escape(str(row['item_no']))}</a>",
        _lines(texts.moment(row["received_at"])),
        _lines(_category(visit, row)),
        _lines(
            names.stage(row["loop"], row["stage"]),
            texts.moment(row["stage_entered_at"]),
            texts.duration(timedelta(minutes=float(row["dwell_minutes"]))),
            *_elements(visit, row),
        ),
        _lines(names.holder(row["holder_kind"], row["holder_id"])),
        _lines(*(_missing(visit, row) or ["—"])),
        _lines(*last),
        _lines(*target) + standing,
    ]


def _lines(*texts: str) -> str:
    """Texts that stand below each other, or beside each other where there is no room."""
    return "".join(f"<span>{escape(text)}</span>" for text in texts)


def summary_html(visit: Visit, stations: Mapping[str, list[dict]]) -> str:
    """How many incidents are open at each station, and how many of them are past a limit."""
    t = visit.t
    parts = []
    for station, found in stations.items():
        overdue = sum(row["judgement"] == "overdue" for row in found)
        late = t("{count} past their limit", count=overdue) if overdue else t("none past its limit")
        name = escape(visit.names.station(station))
        parts.append(f"<li><b>{name}</b> {len(found):,} <small>{escape(late)}</small></li>")
    return f"<ul class='cl-counts'>{''.join(parts)}</ul>"


def heading_html(visit: Visit, who: str, count: int) -> str:
    """What stands above the print: title, for whom, cut-off, number. Not shown on the screen."""
    t, texts = visit.t, visit.texts
    demo = t("Demo: synthetic data of a fictional city") if visit.published.demo else ""
    facts = [
        t("For {who}", who=who),
        t("cut-off {moment}", moment=texts.moment(visit.as_of)),
        texts.n("{count} open incident", "{count} open incidents", count),
        demo,
    ]
    line = escape(" · ".join(fact for fact in facts if fact))
    return f"<div class='cl-print-head'><h1>{escape(daily_title(visit))}</h1><p>{line}</p></div>"


def tables_html(visit: Visit, stations: Mapping[str, list[dict]]) -> str:
    """One table per station."""
    columns = _columns(visit)
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for _, label in columns)
    sections = []
    for station, found in stations.items():
        body = []
        for row in found:
            cells = zip(columns, _cells(visit, row), strict=True)
            body.append(
                "<tr>"
                + "".join(f"<td data-label='{escape(label, quote=True)}'>{c}</td>" for (_, label), c in cells)
                + "</tr>"
            )
        count = visit.texts.n("{count} open incident", "{count} open incidents", len(found))
        cut_off = visit.t("cut-off {moment}", moment=visit.texts.moment(visit.as_of))
        name = escape(visit.names.station(station))
        sections.append(
            f"<section class='cl-station'><h3>{name} <small>{escape(count)}</small></h3>"
            f"<p>{escape(daily_title(visit))} · {escape(cut_off)}</p>"
            f"<table class='cl-daily'><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table></section>"
        )
    return "".join(sections)


def _export(visit: Visit, params: Params, row_limit: int) -> Exported:
    visit = at_cut_off(visit, params)
    t, texts, names = visit.t, visit.texts, visit.names
    frame = open_incidents(visit.scope, visit.as_of, visit.station, row_limit)
    table = [
        {
            "station": names.station(station),
            "number": str(row["item_no"]),
            "received": _local(visit, row["received_at"]),
            "category": _category(visit, row),
            "stage": names.stage(row["loop"], row["stage"]),
            "since": _local(visit, row["stage_entered_at"]),
            "hours": float(row["dwell_minutes"]) / 60,
            "holder": names.holder(row["holder_kind"], row["holder_id"]),
            "elements": None if row["elements_recorded"] is None else int(row["elements_recorded"]),
            "missing": "；".join(_missing(visit, row)),
            "last": _last_move(visit, row) if row["last_at"] is not None else None,
            "last_at": _local(visit, row["last_at"]),
            "target": names.target(row["loop"], row["target"]) if row["target"] else None,
            "due": _local(visit, row["due_at"]),
            "standing": judgement_label(visit, row["judgement"], row["unit"]),
        }
        for station, found in by_station(visit, frame).items()
        for row in found
    ]
    labels = {
        "station": t("Station"),
        "number": t("Number"),
        "received": t("Received"),
        "category": t("Category"),
        "stage": t("Stage reached"),
        "since": t("Since"),
        "hours": t("For (hours)"),
        "holder": t("Current holder"),
        "elements": t("Elements recorded"),
        "missing": t("What is missing"),
        "last": t("Last move"),
        "last_at": t("Time of the last move"),
        "target": t("Next target"),
        "due": t("Due"),
        "standing": t("Deadline"),
    }
    made = pd.DataFrame(table, columns=list(labels), dtype=object)
    return Exported(made, labels, [t("cut-off {moment}", moment=texts.moment(visit.as_of))])


def _local(visit: Visit, at: pd.Timestamp | None):
    return None if at is None else at.astimezone(visit.texts.zone).replace(tzinfo=None)


DAILY_EXPORT = Export("daily", daily_title, _export)
