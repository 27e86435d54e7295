"""What must hold for every history, however odd: Hypothesis looks for one that breaks it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.asof.histories import History, as_raw, histories
from tests.oracle.loop_oracle import ItemAt, item_at
from tests.oracle.raw_rows import work_items
from tests.oracle.reference import Reference

REFERENCE = Reference.read()
SECOND = timedelta(seconds=1)


def _seen(history: History) -> list[tuple[datetime, ItemAt]]:
    """The item at every moment that could matter: events, deadlines, breaches, a second either side."""
    raw = as_raw([history])
    reference = REFERENCE.with_stations(raw.stations)
    (item,) = work_items(raw, reference)
    moments = {max(e["occurred_at"], item.opened_at) for e in item.events} | {item.opened_at}
    if item.withdrawn_at:
        moments.add(max(item.withdrawn_at, item.opened_at))
    for moment in list(moments):
        found = item_at(item, reference, moment)
        moments |= {t.due for t in found.targets if t.due and t.due > item.opened_at}
    every = sorted({m + d for m in moments for d in (-SECOND, timedelta(0), SECOND)})
    seen = [(m, item_at(item, reference, m)) for m in every]
    return [(m, found) for m, found in seen if found is not None]


@settings(max_examples=150, deadline=None)
@given(histories(REFERENCE))
def test_once_breached_nothing_cures(history: History) -> None:
    breached: set[tuple[str, int]] = set()
    for moment, found in _seen(history):
        for t in found.targets:
            spell = t.target, t.spell_no
            if spell in breached:
                assert t.state in ("overdue", "late"), (moment, t)
            if t.state in ("overdue", "late"):
                breached.add(spell)


@settings(max_examples=150, deadline=None)
@given(histories(REFERENCE))
def test_what_has_started_stays_as_it_started(history: History) -> None:
    frozen: dict[tuple[str, int], tuple] = {}
    for _, found in _seen(history):
        now = {(t.target, t.spell_no): (t.policy_id, t.start_reason, t.started_at) for t in found.targets}
        assert frozen.items() <= now.items()
        frozen = now


@settings(max_examples=150, deadline=None)
@given(histories(REFERENCE))
def test_a_target_runs_once_at_a_time_and_never_on_a_closed_item(history: History) -> None:
    for _, found in _seen(history):
        going_on = [t for t in found.targets if t.ended_at is None and t.start_reason != "upgrade"]
        running = Counter(t.target for t in going_on)
        assert not running or max(running.values()) == 1
        if not found.is_open:
            assert not running
            assert (found.holder_kind, found.next_stage, found.is_returned) == (None, None, False)


@settings(max_examples=100, deadline=None)
@given(histories(REFERENCE), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(history: History, source) -> None:
    before = _seen(history)
    source.shuffle(history.events)
    assert _seen(history) == before
