"""What the bureau asks of a metric, and whether the process as it is will give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from closedloop.queries.trends import metric_targets
from closedloop.statistics.xmr import assured
from closedloop.ui.metric_text import shown, unit_name
from closedloop.ui.trend_signals import Told
from closedloop.ui.trend_view import TrendChoice
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Target:
    """``value`` in the metric's unit; ``text`` as it is written."""

    value: float
    text: str
    is_assumed: bool
    doc_no: str


def target_of(visit: Visit, choice: TrendChoice) -> Target | None:
    """The target that holds on the last day shown; None where the bureau asks nothing of this metric."""
    day = min(choice.last_day, choice.known_last)
    for row in visit.ask_rows(metric_targets):
        holds = row["valid_from"] <= day and (not row["valid_to"] or row["valid_to"] >= day)
        if row["metric_id"] == choice.metric["metric_id"] and holds:
            text = f"{shown(visit, choice.metric, row['target'])} {unit_name(visit, choice.metric['unit'])}"
            return Target(float(row["target"]), text.strip(), bool(row["is_assumed"]), row["doc_no"] or "")
    return None


def target_sentence(visit: Visit, choice: TrendChoice, target: Target, told: Sequence[Told]) -> str:
    """The target, where it comes from, and what the limits of chance of the newest point say about it."""
    t = visit.t
    higher = choice.metric["polarity"] == "up_good"
    form = t("Asked: at least {target}") if higher else t("Asked: at most {target}")
    said = form.format(target=target.text)
    if target.is_assumed:
        said += t(" (assumed: invented for the demo)")
    elif target.doc_no:
        said += f" ({target.doc_no})"
    known = [one for one in told if one.upper is not None and one.lower is not None]
    if not known:
        return said
    verdict = assured(known[-1].lower, known[-1].upper, target.value, higher)  # type: ignore[arg-type]
    return f"{said} — {_words(visit)[str(verdict)]}"


def _words(visit: Visit) -> Mapping[str, str]:
    t = visit.t
    return {
        "pass": t("✔ as things run now it is met every time; nothing has to change for it."),
        "fail": t("✘ as things run now it is missed every time: only another way of working can reach it."),
        "either": t("◐ as things run now it is met one time and missed another, by chance."),
    }
