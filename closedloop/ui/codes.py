"""Words for the codes that exports use as values: outcomes, kinds of directives and hazards.

A code not listed here is shown as the source wrote it; a bureau's own exports mostly carry words already.
"""

from __future__ import annotations

from closedloop.ui.language import Texts


def code_name(texts: Texts, code: str | None) -> str:
    """The word for a code, the code itself if it has none, a dash for nothing."""
    if code is None or code != code or code == "":
        return "—"
    t = texts.t
    return {
        "passed": t("passed"),
        "failed": t("failed"),
        "resolved": t("resolved"),
        "stabilised": t("stabilised"),
        "litigation": t("taken to court"),
        "transferred": t("transferred"),
        "settled_on_scene": t("settled on the scene"),
        "case_opened": t("case opened"),
        "diverted": t("diverted"),
        "invalid": t("invalid"),
        "merged": t("merged"),
        "not_in_charge": t("not in charge"),
        "not_our_area": t("not our area"),
        "caller_not_satisfied": t("caller not satisfied"),
        "caller_withdrew": t("caller withdrew"),
        "no_longer_needed": t("no longer needed"),
        "problem_came_back": t("the problem came back"),
        "waiting_for_court": t("waiting for the court"),
        "waiting_for_budget": t("waiting for budget"),
        "finding_disputed": t("finding disputed"),
        "registered_twice": t("registered twice"),
        "not_a_hazard": t("not a hazard"),
        "dispute": t("dispute"),
        "risk_hazard": t("risk or hazard"),
        "repeat_place": t("repeat place"),
        "prevention": t("prevention"),
        "information": t("information"),
        "fire_safety": t("fire safety"),
        "road_crossing": t("road crossing"),
        "building": t("building"),
        "waterside": t("waterside"),
        "shop_signs": t("shop signs"),
        "school_surroundings": t("surroundings of a school"),
        "venue": t("venue"),
    }.get(code, code)
