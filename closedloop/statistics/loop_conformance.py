"""The product's own measure of a walk: against the loop as its rows describe it, not against a straight line.

``conformance`` says which required stages were passed over and which steps were out of place, by the cheapest
explanation. See ``closedloop.statistics.conformance`` for the published measures, and why they do not serve
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from closedloop.statistics.conformance import Fitness

_START = -1


@dataclass(frozen=True)
class LoopStage:
    """One row of ``loop_stages.csv``: what may follow, whether it must be walked, whether it may be walked
    again.
    """

    stage: str
    next_stage: str | None = None
    next_on_failed: str | None = None
    required: bool = True
    repeatable: bool = False
    milestone: bool = False
    closes: bool = False


@dataclass(frozen=True)
class Step:
    """A stage reached. ``failed``: of an inspection; ``None`` where its outcome is not recorded."""

    stage: str
    failed: bool | None = None


@dataclass(frozen=True)
class Conformance(Fitness):
    """``value`` in 0…1; ``passed_over`` names the stages left out, ``out_of_place`` the positions in the
    walk.
    """

    passed_over: tuple[str, ...]
    out_of_place: tuple[int, ...]


@dataclass(frozen=True)
class Loop:
    """Stages in their order. What may follow a stage that was reached:

    * its ``next_stage``; after a failure, only ``next_on_failed``; where the outcome is not recorded, either;
    * an optional stage that a failure called for (整改) also hands on to what follows the stage that failed;
    * an optional stage that stands between the two and is nobody's ``next_on_failed`` (稳控 before 化解);
    * any repeatable stage up to itself again: rework is legal. Nothing follows a stage that closes.

    Going further than that passes stages over: each required one, and each that a recorded failure called
    for, costs 1. A step that helps nothing may be taken as out of place instead, for 1. Milestones never
    count.
    """

    stages: tuple[LoopStage, ...]

    def __post_init__(self) -> None:
        names = [stage.stage for stage in self.stages]
        if len(set(names)) != len(names):
            raise ValueError(f"a loop names each stage once: {names}")
        for stage in self.stages:
            for follower in (stage.next_stage, stage.next_on_failed):
                if follower is not None and follower not in names:
                    raise ValueError(
                        f"stage {stage.stage!r} leads to {follower!r}, which the loop does not have"
                    )
        if not self._walked:
            raise ValueError("a loop needs at least one stage that is no milestone")

    @cached_property
    def _walked(self) -> tuple[LoopStage, ...]:
        return tuple(stage for stage in self.stages if not stage.milestone)

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of every stage in the loop."""
        return {stage.stage: place for place, stage in enumerate(self._walked)}

    @cached_property
    def milestones(self) -> frozenset[str]:
        """Stages that move no item."""
        return frozenset(stage.stage for stage in self.stages if stage.milestone)

    def _followers(self, place: int, failed: bool | None) -> set[int]:
        if place == _START:
            return {0}
        stage = self._walked[place]
        if stage.closes:
            return set()
        if failed and stage.next_on_failed:
            return {self.position[stage.next_on_failed]}
        onward = set()
        if stage.next_stage in self.position:
            after = self.position[stage.next_stage]
            called = {other.next_on_failed for other in self._walked}
            between = range(place + 1, after)
            onward = {after} | {
                at for at in between if not self._walked[at].required and self._walked[at].stage not in called
            }
        if failed is None and stage.next_on_failed:
            onward.add(self.position[stage.next_on_failed])
        if not stage.required:
            onward |= {
                self.position[failing.next_stage]
                for failing in self._walked
                if failing.next_on_failed == stage.stage and failing.next_stage in self.position
            }
        return onward | {at for at in range(place + 1) if self._walked[at].repeatable}

    @cached_property
    def ways(self) -> dict[tuple[int, bool | None], list[tuple[str, ...] | None]]:
        """For each (last stage, its outcome) and each stage: the cheapest stages to pass over before reaching
        it.
        """
        ways = {}
        for place in range(_START, len(self._walked)):
            for failed in (None, False, True):
                ways[place, failed] = self._cheapest(place, failed)
        return ways

    def _cheapest(self, place: int, failed: bool | None) -> list[tuple[str, ...] | None]:
        found: list[tuple[str, ...] | None] = [None] * len(self._walked)
        waiting: list[tuple[int, tuple[str, ...]]] = [
            (follower, ()) for follower in sorted(self._followers(place, failed))
        ]
        while waiting:
            waiting.sort(key=lambda way: len(way[1]))
            here, passed = waiting.pop(0)
            if found[here] is not None:
                continue
            found[here] = passed
            stage = self._walked[here]
            called_for = (
                bool(failed) and place != _START and stage.stage == self._walked[place].next_on_failed
            )
            price = (stage.stage,) if stage.required or called_for else ()
            waiting += [(follower, passed + price) for follower in sorted(self._followers(here, None))]
        return found

    @cached_property
    def shortest(self) -> int:
        """How many required stages a whole walk has at least."""
        return len(self._to_the_end(_START, None))

    def _to_the_end(self, place: int, failed: bool | None) -> tuple[str, ...]:
        """What must still be passed over to have closed; () where it has, or where the loop never closes."""
        if place != _START and self._walked[place].closes:
            return ()
        ends = [
            (*way, stage.stage) if stage.required else way
            for stage, way in zip(self._walked, self.ways[place, failed], strict=True)
            if stage.closes and way is not None
        ]
        return min(ends, key=len, default=())


@dataclass(frozen=True)
class _Account:
    """The cheapest explanation so far that ends at some stage; a linked list back to the start."""

    cost: int
    odds: int = 0
    passed: tuple[str, ...] = ()
    odd: int | None = None
    before: _Account | None = None


def conformance(walk: Iterable[Step | str], loop: Loop, closed: bool) -> Conformance:
    """How well a walk fits its loop, for a closed item to the end, for an open one as far as it has come.

    ``walk``: the stages reached, in time order (names, or ``Step`` where an outcome is known); milestones are
    passed by. An unknown stage is out of place. A reopened item is two walks, each ending where it was
    closed. The worst case is every step out of place and, for a closed item, every required stage passed
    over. Linear in the walk (ask once for each distinct walk).

    Worked numbers, the directive's loop with 督查 → 整改 on failure: 1234567 and, without 整改, 123457 → 1;
    without 派发 134567 → 1 − 1/12 = 0.916667; 1234563457, rework → 1; 123, open → 1; 123 closed as it stands
    → 1 − 3/9 = 0.666667.
    """
    steps = [step if isinstance(step, Step) else Step(step) for step in walk]
    steps = [(at, step) for at, step in enumerate(steps) if step.stage not in loop.milestones]
    accounts: dict[tuple[int, bool | None], _Account] = {(_START, None): _Account(0)}
    for at, step in steps:
        accounts = _take(accounts, at, step, loop)
    best, ending = min(
        ((account, loop._to_the_end(*state) if closed else ()) for state, account in accounts.items()),
        key=lambda end: (end[0].cost + len(end[1]), end[0].odds),
    )
    worst = len(steps) + (loop.shortest if closed else 0)
    passed, odd = _trace(best)
    return Conformance(best.cost + len(ending), worst, (*passed, *ending), odd)


def _take(accounts, at: int, step: Step, loop: Loop) -> dict[tuple[int, bool | None], _Account]:
    """All cheapest explanations after one more step: it was in its place, or it was out of place.

    Of two that cost the same, the one that believes more of what was recorded.
    """
    after = {
        state: _Account(old.cost + 1, old.odds + 1, odd=at, before=old) for state, old in accounts.items()
    }
    target = loop.position.get(step.stage)
    if target is None:
        return after
    reached = (target, step.failed)
    for state, old in accounts.items():
        way = loop.ways[state][target]
        if way is None:
            continue
        account = _Account(old.cost + len(way), old.odds, passed=way, before=old)
        known = after.get(reached)
        if known is None or (account.cost, account.odds) < (known.cost, known.odds):
            after[reached] = account
    return after


def _trace(account: _Account | None) -> tuple[Sequence[str], tuple[int, ...]]:
    passed: list[str] = []
    odd: list[int] = []
    while account is not None:
        passed[:0] = account.passed
        if account.odd is not None:
            odd.insert(0, account.odd)
        account = account.before
    return passed, tuple(odd)
