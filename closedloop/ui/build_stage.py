"""Where a build failed, in words of the interface; the warehouse keeps dbt's and the builder's."""

from __future__ import annotations

from closedloop.ui.language import Texts


def failed_where(texts: Texts, stage: str | None) -> str:
    """The end of "the build failed …", for ``stage_failed`` of a build; its own name for an unknown stage."""
    t = texts.t
    match stage:
        case "catalogue":
            return t("at the list of its tables")
        case "policy":
            return t("at the deadline policies")
        case "start":
            return t("at its start")
        case "project":
            return t("reading its models")
        case "seed":
            return t("at the reference data")
        case "staging":
            return t("reading the loaded rows")
        case "intermediate" | "mart":
            return t("calculating its tables")
        case "test":
            return t("at the tests of its data")
        case "unit test":
            return t("at the tests of its models")
        case "publish":
            return t("at its publication")
        case "interrupted":
            return t("because it was interrupted")
        case None:
            return t("at an unknown stage")
    return t("at {stage}", stage=stage)
