"""The filters and columns of the findings, shared by their page and their download: they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from closedloop.queries.findings import SHOWN, FindingFilter, finding_list, finding_rules
from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.language import Texts
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Rules:
    """The catalogue of rules in the language of the visit, in its fixed order."""

    by_id: Mapping[str, Mapping]
    texts: Texts

    def ids(self) -> tuple[str, ...]:
        """Every rule."""
        return tuple(self.by_id)

    def _text(self, rule: str, field: str) -> str:
        row = self.by_id.get(rule, {})
        return self.texts.pick(row.get(f"{field}_zh"), row.get(f"{field}_en")) or rule

    def name(self, rule: str) -> str:
        """What the rule is called."""
        return self._text(rule, "name")

    def definition(self, rule: str) -> str:
        """What exactly it finds."""
        return self._text(rule, "definition")

    def mend(self, rule: str) -> str:
        """How to mend what it finds."""
        return self._text(rule, "mend")


def rules_of(visit: Visit) -> Rules:
    """The rules this build knows."""
    return Rules({row["rule_id"]: row for row in visit.ask_rows(finding_rules)}, visit.texts)


def addressee(visit: Visit, charged_to: str) -> str:
    """Whom a rule is for."""
    t = visit.t
    return {
        "station": t("for the station"),
        "centre": t("for the control centre"),
        "department": t("for the department"),
        "data": t("for whoever loads the files"),
    }.get(charged_to, charged_to)


def shown_label(visit: Visit, shown: str) -> str:
    """The name of a part of the list."""
    t = visit.t
    return {
        "recent": t("Of the last 7 days"),
        "older": t("Older"),
        "open": t("Everything not mended"),
        "new": t("New since the last duty day"),
        "mended": t("Mended in the period"),
        "found": t("Found in the period"),
    }[shown]


def read_choice(params: Params, visit: Visit, rules: Rules) -> FindingFilter:
    """What an address asks for; whatever is none of the options is left out."""
    since, until = visit.period
    return FindingFilter(
        new_since=visit.duty_day[1],
        since=since,
        until=until,
        station=visit.station,
        rules=filters.some_of(params.get_all("rule"), rules.ids()),
        loops=filters.some_of(params.get_all("loop"), visit.names.ids("loop")),
        shown=filters.one_of(params.get("show"), SHOWN, "recent") or "recent",
    )


def active_filters(visit: Visit, rules: Rules, wanted: FindingFilter) -> list[str]:
    """The filters that are set, in words."""
    return [*map(rules.name, wanted.rules), *map(visit.names.loop, wanted.loops)]


def state_label(visit: Visit, row: Mapping) -> str:
    """How a finding stands."""
    t = visit.t
    if row["mended_at"] is not None:
        return t("mended")
    if row["kind"] == "review":
        return t("to be looked into") if row["is_open"] else t("noted")
    return t("open")


def what_is_meant(visit: Visit, row: Mapping) -> str:
    """What in the item is meant, where the finding names it: a stage, a target, a category, counts."""
    t, names, detail = visit.t, visit.names, row["detail"] or {}
    loop = row["loop"] or ""
    if detail.get("stage"):
        return names.stage(loop, detail["stage"])
    if detail.get("target"):
        return names.target(loop, detail["target"])
    if detail.get("step"):
        known = ("stage", f"{loop}:{detail['step']}") in names.rows
        return names.stage(loop, detail["step"]) if known else names.move(detail["step"])
    if detail.get("recorded") is not None:
        return t(
            "{recorded} of {required} elements", recorded=detail["recorded"], required=detail["required"]
        )
    if detail.get("at_the_end") is not None:
        return t("{n} of the day's {total}", n=detail["at_the_end"], total=detail["closed"])
    if detail.get("left_out"):
        return t("kept {kept}; left out {left_out}", kept=detail["kept"], left_out=detail["left_out"])
    return str(detail.get("missing") or what_was_recorded(row) or detail.get("station_id") or "")


def what_was_recorded(row: Mapping) -> str:
    """The value that the finding quotes from the records; empty where it quotes none."""
    return str((row["detail"] or {}).get("value") or "")


def _display_frame(visit: Visit, rules: Rules, frame: pd.DataFrame) -> pd.DataFrame:
    names, zone = visit.names, visit.texts.zone

    def local(column: str) -> pd.Series:
        return pd.to_datetime(frame[column], utc=True).dt.tz_convert(zone).dt.tz_localize(None)

    found = rows(frame)
    return pd.DataFrame(
        {
            "station": [names.station(row["station_id"]) for row in found],
            "rule": [rules.name(row["rule_id"]) for row in found],
            "loop": [names.loop(row["loop"]) for row in found],
            "item": [row["item_no"] for row in found],
            "what": [what_is_meant(visit, row) for row in found],
            "found_at": local("found_at"),
            "mended_at": local("mended_at"),
            "state": [state_label(visit, row) for row in found],
            "addressee": [addressee(visit, row["charged_to"]) for row in found],
            "mend": [rules.mend(row["rule_id"]) for row in found],
        }
    )


def _column_labels(visit: Visit) -> dict[str, str]:
    t = visit.t
    return {
        "station": t("Station"),
        "rule": t("Rule"),
        "loop": t("Loop"),
        "item": t("Number"),
        "what": t("What is meant"),
        "found_at": t("Found at"),
        "mended_at": t("Mended"),
        "state": t("State"),
        "addressee": t("For whom"),
        "mend": t("How to mend it"),
    }


def _make(visit: Visit, params: Params, row_limit: int) -> Exported:
    rules = rules_of(visit)
    wanted = read_choice(params, visit, rules)
    frame = finding_list(visit.scope, visit.as_of, wanted, row_limit)
    said = [shown_label(visit, wanted.shown), *active_filters(visit, rules, wanted)]
    if wanted.shown in ("mended", "found"):
        said.append(f"{visit.texts.day(visit.first_day)} – {visit.texts.day(visit.last_day)}")
    return Exported(_display_frame(visit, rules, frame), _column_labels(visit), said)


FINDINGS_EXPORT = Export("findings", lambda visit: visit.t("Findings"), _make)
