"""The catalogues in words: metrics, finding rules, loops, deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd

from closedloop.queries.catalogues import policies
from closedloop.queries.metrics import catalogue
from closedloop.queries.reading import rows
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.metric_text import kind_name, metric_name, polarity_name, unit_label
from closedloop.ui.registry import TRENDS
from closedloop.ui.visit import Visit


def metric_facts(visit: Visit, metric: Mapping) -> list[tuple[str, str]]:
    """What the catalogue says of a metric, as pairs of label and text."""
    t, texts = visit.t, visit.texts
    pairs = [
        (t("Definition"), texts.pick(metric["definition_zh"], metric["definition_en"])),
        (t("Known defects"), texts.pick(metric["known_defects_zh"], metric["known_defects_en"])),
        (t("Kind"), kind_name(visit, metric["kind"])),
        (t("Unit"), unit_label(visit, metric["unit"])),
        (t("Which way is better"), polarity_name(visit, metric["polarity"])),
        (t("Shown from n ="), texts.number(metric["min_n"])),
    ]
    if metric["maturity_days"]:
        pairs.append((t("Mature after"), t("{days} days", days=int(metric["maturity_days"]))))
    if metric["loop"]:
        pairs.append((t("Loop"), visit.names.loop(metric["loop"])))
    return pairs


def metrics_html(visit: Visit, frame: pd.DataFrame) -> str:
    """Every metric in the catalogue's order: both names, the facts, and the way to its trend."""
    parts = []
    for metric in rows(frame):
        other = metric["name_en"] if visit.texts.language == "zh" else metric["name_zh"]
        facts = "".join(
            f"<div{' class=cl-wide' if len(text) > 60 or at < 2 else ''}>"
            f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>"
            for at, (label, text) in enumerate(metric_facts(visit, metric))
        )
        href = escape(visit.address(TRENDS, metric=metric["metric_id"]))
        parts.append(
            f"<section class='cl-entry' id='{escape(metric['metric_id'])}'>"
            f"<h3><a class='cl-link' href='{href}'>{escape(metric_name(visit, metric))}</a> "
            f"<small translate=no>{escape(str(other))} · {escape(metric['metric_id'])}</small></h3>"
            f"<dl class='cl-facts'>{facts}</dl></section>"
        )
    return "".join(parts)


def rules_table(visit: Visit, frame: pd.DataFrame) -> str:
    """Every finding rule: what it finds, and how it is mended."""
    t, pick = visit.t, visit.texts.pick
    return html_table(
        t("Finding rules"),
        [t("Finding"), t("Definition"), t("How to mend it")],
        [
            [
                Cell(pick(row["name_zh"], row["name_en"]), small=row["rule_id"], is_id=True),
                pick(row["definition_zh"], row["definition_en"]),
                pick(row["mend_zh"], row["mend_en"]),
            ]
            for row in rows(frame)
        ],
    )


def loops_table(visit: Visit, frame: pd.DataFrame) -> str:
    """Every loop with its stages in order, milestones in brackets, and the word for closing."""
    t, names = visit.t, visit.names
    by_loop: dict[str, list[dict]] = {}
    for row in rows(frame):
        by_loop.setdefault(row["loop"], []).append(row)
    found = []
    for loop, stages in by_loop.items():
        walked = [
            f"({names.stage(loop, row['stage'])})" if row["milestone"] else names.stage(loop, row["stage"])
            for row in stages
        ]
        verb = visit.texts.pick(stages[0]["closing_verb_zh"], stages[0]["closing_verb_en"])
        found.append([Cell(names.loop(loop), small=loop, is_id=True), " → ".join(walked), verb])
    return html_table(
        t("Loops"), [t("Loop"), t("Stages (milestones in brackets)"), t("Closed is called")], found
    )


def limit_text(visit: Visit, value: float | None, unit: str) -> str:
    """A limit with its unit."""
    t = visit.t
    if value is None:
        return "—"
    name = {
        "minutes": t("minutes"),
        "hours": t("hours"),
        "calendar_days": t("calendar days"),
        "working_days": t("working days"),
    }.get(unit, unit)
    return f"{visit.texts.number(value)} {name}"


def basis_text(visit: Visit, row: Mapping) -> str:
    """Where a limit comes from: who confirmed it, by which document, or that it is assumed."""
    t = visit.t
    parts = [t("confirmed by {who}", who=row["confirmed_by"])] if row["confirmed_by"] else []
    if row["doc_no"]:
        parts.append(str(row["doc_no"]))
    if row["is_assumed"]:
        parts.append(t("assumed"))
    if not row["is_confirmed"]:
        parts.append(t("never called overdue until somebody confirms it"))
    return " · ".join(parts) or "—"


def _policy_row(visit: Visit, row: Mapping) -> dict[str, object]:
    names, loop = visit.names, row["loop"]
    return {
        "loop": names.loop(loop),
        "target": names.target(loop, row["target"]),
        "severity": visit.t("any") if row["severity"] == "*" else names.severity(row["severity"]),
        "course": f"{names.stage(loop, row['start_stage'])} → {names.stage(loop, row['stop_stage'])}",
        "limit": limit_text(visit, row["limit_value"], row["unit"]),
        "charged": names.holder_kind(row["charged_to"]),
        "valid": f"{visit.texts.day(row['valid_from'])} – "
        f"{visit.texts.day(row['valid_to']) if row['valid_to'] else ''}",
        "basis": basis_text(visit, row),
    }


def _policy_labels(visit: Visit) -> dict[str, str]:
    t = visit.t
    return {
        "loop": t("Loop"),
        "target": t("Target"),
        "severity": t("Colour"),
        "course": t("From stage to stage"),
        "limit": t("Limit"),
        "charged": t("Charged to"),
        "valid": t("Valid"),
        "basis": t("Basis"),
    }


def policies_table(visit: Visit, frame: pd.DataFrame) -> str:
    """Every deadline, with whoever confirmed it or the word that it is assumed."""
    return html_table(
        visit.t("Deadlines"),
        list(_policy_labels(visit).values()),
        [
            [number(str(value)) if name == "limit" else str(value) for name, value in made.items()]
            for made in (_policy_row(visit, row) for row in rows(frame))
        ],
    )


def _make_metrics(visit: Visit, params: Params, row_limit: int) -> Exported:
    texts = visit.texts
    found = [
        {
            "id": metric["metric_id"],
            "name_zh": metric["name_zh"],
            "name_en": metric["name_en"],
            **{str(at): text for at, (_, text) in enumerate(metric_facts(visit, metric)[:6])},
            "maturity": metric["maturity_days"] and int(metric["maturity_days"]),
            "loop": metric["loop"] and visit.names.loop(metric["loop"]),
        }
        for metric in rows(catalogue(visit.scope, visit.as_of))
    ]
    labels = {"id": texts.t("Code"), "name_zh": "中文", "name_en": "English"}
    labels |= {
        str(at): texts.t(label)
        for at, label in enumerate(
            ("Definition", "Known defects", "Kind", "Unit", "Which way is better", "Shown from n =")
        )
    }
    labels |= {"maturity": texts.t("Mature after (days)"), "loop": texts.t("Loop")}
    return Exported(pd.DataFrame(found[:row_limit], columns=list(labels)), labels)


def _make_policies(visit: Visit, params: Params, row_limit: int) -> Exported:
    labels = {"id": visit.t("Code"), **_policy_labels(visit)}
    found = [
        {"id": row["policy_id"], **_policy_row(visit, row)}
        for row in rows(policies(visit.scope, visit.as_of))
    ]
    return Exported(pd.DataFrame(found[:row_limit], columns=list(labels)), labels)


METRICS_EXPORT = Export("metrics", lambda visit: visit.t("Metrics"), _make_metrics)
POLICIES_EXPORT = Export("policies", lambda visit: visit.t("Deadlines"), _make_policies)
