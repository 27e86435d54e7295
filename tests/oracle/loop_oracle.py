"""Where every work item stood at a moment, found by replaying its events one by one.

An independent second opinion on the marts: no SQL, no windows, no intervals, no cumulative calendar. For a
moment A it takes each item, forgets everything after A, and plays the rest forward; what it then holds in its
hands is the answer. Slow, and written from the definitions in ``docs/semantics.md``, never from the models.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.oracle.raw_rows import Item, Raw, Row, known_until, work_items
from tests.oracle.reference import FAILED, Reference


@dataclass
class Spell:
    """One run of one target's clock."""

    target: str
    spell_no: int
    policy: Row
    start_reason: str
    started_at: datetime
    station_id: str
    due: datetime | None
    phase: str = "running"
    segment_from: datetime | None = None
    paused_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    end_kind: str | None = None

    def notice_breach(self, now: datetime) -> None:
        """A running deadline that lies before ``now`` has been missed, once and for ever."""
        if self.ended_at or self.breached_at or self.phase != "running" or self.due is None:
            return
        if now > self.segment_from and now > self.due:
            self.breached_at = max(self.due, self.segment_from)

    def state(self, as_of: datetime, known_until: datetime | None) -> str:
        if self.ended_at is not None:
            if self.breached_at is not None and self.breached_at < self.ended_at:
                return "late"
            return "cancelled" if self.end_kind == "cancel" else "met"
        if self.breached_at is not None and self.breached_at < as_of:
            if known_until is not None and known_until < as_of and self.breached_at >= known_until:
                return "unknown"
            return "overdue"
        if self.phase == "paused":
            return "paused"
        return "no_calendar" if self.due is None else "running"


@dataclass(frozen=True)
class TargetAt:
    """One spell as it stood at the moment. ``due`` only while it runs: a paused clock has none."""

    target: str
    spell_no: int
    policy_id: str
    start_reason: str
    started_at: datetime
    ended_at: datetime | None
    end_kind: str | None
    breached_at: datetime | None
    state: str
    due: datetime | None


@dataclass(frozen=True)
class ItemAt:
    """One work item as it stood at the moment."""

    work_item_id: str
    station_id: str
    stage: str | None
    status: str
    is_open: bool
    severity: str | None
    holder_kind: str | None
    holder_id: str | None
    department_id: str | None
    post_id: str | None
    outcome: str | None
    next_stage: str | None
    is_returned: bool
    missing_stages: tuple[str, ...]
    targets: tuple[TargetAt, ...]


class Replay:
    """One item, played forward event by event."""

    def __init__(self, item: Item, reference: Reference) -> None:
        self.item = item
        self.reference = reference
        self.loop = reference.loops[item.loop]
        self.stages = reference.stages[item.loop]
        self.targets = reference.targets.get(item.loop, {})
        self.station_id = item.station_id
        self.severity = item.severity
        self.department_id = item.department_id
        self.post_id = item.post_id
        self.outcome: str | None = None
        self.stage: str | None = None
        self.status = "open"
        self.sent_back = False
        self.suspended = False
        self.walked: list[Row] = []
        self.spells: list[Spell] = []

    # ------------------------------------------------------------ one event

    def apply(self, event: Row, now: datetime) -> None:
        effect = self._effect(event)
        stage = self.stages.get(event["stage"]) if event.get("stage") else None
        was_open = self.status == "open"
        severity_before = self.severity
        was_sent_back = self.sent_back

        for spell in self.spells:
            spell.notice_breach(now)
        self._end_spells(event, effect, stage, now)
        self._change_state(event, effect, stage)
        if was_open or effect == "reopen":
            self._start_spells(event, effect, stage, now, was_sent_back)
        if effect == "recolour" and self._is_higher(self.severity, severity_before):
            self._start_upgraded_spells(now)
        if effect == "extend" and event.get("due_at") is not None:
            self._extend(event["due_at"], now)
        if effect == "suspend" and was_open and not self.suspended:
            self._suspend(now)
        if effect == "resume" and self.suspended:
            self._resume(now)
        self.walked.append(event)

    def _effect(self, event: Row) -> str | None:
        return self.reference.effects[event["move"]] if event.get("move") else None

    # ------------------------------------------------------------ where it stands

    def _change_state(self, event: Row, effect: str | None, stage: Row | None) -> None:
        is_open = self.status == "open"
        if effect == "reassign" and event.get("station_id"):
            known = event["station_id"] in self.reference.bureau_of
            self.station_id = event["station_id"] if known else "UNASSIGNED"
        self.department_id = event.get("department_id") or self.department_id
        self.post_id = event.get("post_id") or self.post_id
        if event.get("severity") and (effect == "recolour" or self.severity is None):
            self.severity = event["severity"]

        if stage is not None and not stage["milestone"]:
            self.outcome = event.get("outcome")
            if is_open:
                self.stage = stage["stage"]
                self.sent_back = False
                if stage["closes"]:
                    self._finish("closed")
        elif effect == "return" and is_open:
            self.stage = self.loop["first_stage"]
            self.sent_back = True
        elif effect == "reassign" and is_open:
            self.stage = self.loop["reassign_stage"]
            self.sent_back = False
        elif effect == "reopen":
            self.stage = self.loop["reopen_stage"]
            self.status = "open"
            self.sent_back = False
        elif effect == "cancel" and is_open:
            self._finish("cancelled")

    def _finish(self, status: str) -> None:
        self.status = status
        self.sent_back = False
        self.suspended = False

    def next_stage(self) -> tuple[str | None, bool]:
        """The stage expected next, and whether a failed inspection asks for it."""
        if self.status != "open":
            return None, False
        if self.stage is None:
            return self.loop["first_stage"], False
        here = self.stages[self.stage]
        if self.outcome in FAILED and here["next_on_failed"]:
            return here["next_on_failed"], True
        return here["next_stage"], False

    def holder(self) -> tuple[str | None, str | None]:
        """Whose move it is: (kind, id)."""
        expected, _ = self.next_stage()
        if self.status != "open":
            return None, None
        kind = "centre" if self.sent_back else self.stages[expected]["actor"] if expected else None
        if kind == "centre":
            return kind, self.reference.bureau_of.get(self.station_id)
        if kind == "station":
            return kind, self.station_id
        if kind == "post":
            return kind, self.post_id or self.station_id
        if kind == "department":
            return kind, self.department_id
        return None, None

    def missing_stages(self) -> tuple[str, ...]:
        reached = [self.stages[e["stage"]] for e in self.walked if e.get("stage")]
        ordinals = [s["ordinal"] for s in reached if not s["milestone"]]
        highest = max(ordinals, default=0)
        seen = {s["stage"] for s in reached}
        missing = {
            s["stage"]
            for s in self.stages.values()
            if s["required"] and not s["milestone"] and s["ordinal"] < highest and s["stage"] not in seen
        }
        for position, event in enumerate(self.walked):
            stage = self.stages.get(event.get("stage"))
            if stage is None or not stage["next_on_failed"] or event.get("outcome") not in FAILED:
                continue
            for later in self.walked[position + 1 :]:
                if later.get("stage") == stage["next_on_failed"]:
                    break
                if later.get("stage") and self.stages[later["stage"]]["closes"]:
                    missing.add(stage["next_on_failed"])
                    break
        return tuple(sorted(missing, key=lambda s: self.stages[s]["ordinal"]))

    # ------------------------------------------------------------ the clocks

    def _open_spells(self, target: str | None = None) -> list[Spell]:
        return [s for s in self.spells if s.ended_at is None and target in (None, s.target)]

    def _end_spells(self, event: Row, effect: str | None, stage: Row | None, now: datetime) -> None:
        for target, policies in self.targets.items():
            stop = self.stages[policies[0]["stop_stage"]]
            kind = None
            if stage is not None:
                counts = not stage["milestone"] or stage["stage"] == stop["stage"]
                if stage["closes"] or (counts and stage["ordinal"] >= stop["ordinal"]):
                    kind = "stop"
            elif effect == "cancel" or (
                effect in ("return", "reassign") and policies[0]["charged_to"] == "station"
            ):
                kind = "cancel"
            if kind:
                for spell in self._open_spells(target):
                    spell.ended_at, spell.end_kind = now, kind

    def _start_spells(
        self, event: Row, effect: str | None, stage: Row | None, now: datetime, was_sent_back: bool
    ) -> None:
        for target, policies in self.targets.items():
            start_stage, start_outcome = policies[0]["start_stage"], policies[0]["start_outcome"]
            reason = None
            if stage is not None and stage["stage"] == start_stage:
                outcome = event.get("outcome")
                if start_outcome in (None, outcome) or (start_outcome == "failed" and outcome in FAILED):
                    reason = "stage"
            elif not start_outcome and self._is_handed_on(effect, stage, was_sent_back, policies[0]):
                reason = "reassign"
            elif effect == "reopen" and policies[0]["restart_on_reopen"]:
                reason = "reopen"
            if reason and not self._open_spells(target):
                policy = self._policy_in_force(policies, now, or_star=True)
                if policy:
                    self._start(target, policy, reason, now)

    def _is_handed_on(self, effect: str | None, stage: Row | None, was_sent_back: bool, policy: Row) -> bool:
        handed_out = self.loop["reassign_stage"]
        if policy["start_stage"] == handed_out:
            return effect == "reassign"
        # A return or reassignment ended this clock of the station's, and nothing else would start it again.
        if policy["charged_to"] != "station" or policy["start_stage"] != self.loop["first_stage"]:
            return False
        again = was_sent_back and stage is not None and stage["stage"] == handed_out
        return effect == "reassign" or again

    def _start_upgraded_spells(self, now: datetime) -> None:
        for target, policies in self.targets.items():
            if self._open_spells(target):
                policy = self._policy_in_force(policies, now, or_star=False)
                if policy:
                    self._start(target, policy, "upgrade", now)

    def _policy_in_force(self, policies: list[Row], now: datetime, *, or_star: bool) -> Row | None:
        today = self.reference.working_time.local_date(now).isoformat()
        for severity in (self.severity, "*" if or_star else None):
            valid = [
                policy
                for policy in policies
                if severity is not None
                and policy["severity"] == severity
                and policy["valid_from"] <= today
                and (policy["valid_to"] is None or today < policy["valid_to"])
            ]
            if valid:
                return max(valid, key=lambda policy: policy["valid_from"])
        return None

    def _is_higher(self, new: str | None, old: str | None) -> bool:
        ranks = self.reference.ranks
        return new is not None and old is not None and ranks[new] < ranks[old]

    def _start(self, target: str, policy: Row, reason: str, now: datetime) -> None:
        spell = Spell(
            target=target,
            spell_no=1 + sum(s.target == target for s in self.spells),
            policy=policy,
            start_reason=reason,
            started_at=now,
            station_id=self.station_id,
            due=self._first_due(policy, reason, now),
            segment_from=now,
        )
        if self.suspended:
            spell.phase, spell.paused_at = "paused", now
        self.spells.append(spell)

    def _first_due(self, policy: Row, reason: str, now: datetime) -> datetime | None:
        if policy["uses_item_due"] and self.item.due_at is not None and reason == "stage":
            return self.item.due_at
        time, n = self.reference.working_time, policy["limit_value"]
        match policy["unit"], policy["to_close_of_day"]:
            case "minutes", _:
                return now + timedelta(minutes=n)
            case "hours", _:
                return now + timedelta(hours=n)
            case "calendar_days", False:
                return time.days_later(now, n)
            case "calendar_days", True:
                return time.midnight_after(time.days_later(now, n))
            case "working_days", True:
                return time.close_of_nth_working_day(now, n)
            case "working_days", False:
                return time.add_working(now, n * timedelta(minutes=480))
        raise ValueError(f"unit {policy['unit']!r} of policy {policy['policy_id']}")

    def _extend(self, due: datetime, now: datetime) -> None:
        for spell in self._open_spells():
            if spell.policy["extendable"] and spell.breached_at is None:
                spell.due, spell.segment_from = due, now

    def _suspend(self, now: datetime) -> None:
        self.suspended = True
        for spell in self._open_spells():
            if spell.breached_at is None:
                spell.phase, spell.paused_at, spell.segment_from = "paused", now, now

    def _resume(self, now: datetime) -> None:
        self.suspended = False
        for spell in self._open_spells():
            if spell.phase == "paused":
                spell.due = self._shifted(spell, now)
                spell.phase, spell.paused_at, spell.segment_from = "running", None, now

    def _shifted(self, spell: Spell, now: datetime) -> datetime | None:
        if spell.due is None:
            return None
        if spell.policy["unit"] != "working_days":
            return spell.due + (now - spell.paused_at)
        time = self.reference.working_time
        lost = time.worked_between(spell.paused_at, now)
        if not lost:
            return spell.due if lost is not None else None
        due = time.add_working(spell.due, lost)
        return time.close_of_the_day(due) if due and spell.policy["to_close_of_day"] else due

    # ------------------------------------------------------------ what is in our hands at the end

    def answer(self, as_of: datetime, known_until: dict[tuple[str, str], datetime]) -> ItemAt:
        expected, by_failure = self.next_stage()
        kind, holder_id = self.holder()
        targets = []
        for spell in self.spells:
            spell.notice_breach(as_of)
            state = spell.state(as_of, known_until.get((spell.station_id, self.item.source_table)))
            targets.append(
                TargetAt(
                    target=spell.target,
                    spell_no=spell.spell_no,
                    policy_id=spell.policy["policy_id"],
                    start_reason=spell.start_reason,
                    started_at=spell.started_at,
                    ended_at=spell.ended_at,
                    end_kind=spell.end_kind,
                    breached_at=spell.breached_at,
                    state=state,
                    due=spell.due if spell.phase == "running" and spell.ended_at is None else None,
                )
            )
        return ItemAt(
            work_item_id=self.item.work_item_id,
            station_id=self.station_id,
            stage=self.stage,
            status=self.status,
            is_open=self.status == "open",
            severity=self.severity,
            holder_kind=kind,
            holder_id=holder_id,
            department_id=self.department_id,
            post_id=self.post_id,
            outcome=self.outcome,
            next_stage=expected,
            is_returned=self.status == "open" and (self.sent_back or by_failure),
            missing_stages=self.missing_stages(),
            targets=tuple(targets),
        )


def item_at(
    item: Item,
    reference: Reference,
    as_of: datetime,
    known: dict[tuple[str, str], datetime] | None = None,
) -> ItemAt | None:
    """The item as it stood at ``as_of``, or ``None`` when it did not exist yet."""
    if item.opened_at > as_of:
        return None
    replay = Replay(item, reference)
    steps = [(max(event["occurred_at"], item.opened_at), 0, event) for event in item.events]
    if item.withdrawn_at is not None:
        steps.append((max(item.withdrawn_at, item.opened_at), 1, {"move": "cancel"}))
        steps.sort(key=lambda step: step[:2])
    for now, _, event in steps:
        if now <= as_of:
            replay.apply(event, now)
    return replay.answer(as_of, known or {})


def replay(raw: Raw, reference: Reference, as_of: datetime) -> dict[str, ItemAt]:
    """Every item that existed at ``as_of``, by work item id."""
    reference = reference.with_stations(raw.stations)
    known = known_until(raw.coverage)
    found = (item_at(item, reference, as_of, known) for item in work_items(raw, reference))
    return {item.work_item_id: item for item in found if item is not None}
