"""One refresh, from the first look into the inbox to the publication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from closedloop.errors import ClosedloopError
from closedloop.refresh import deliveries, filing
from closedloop.refresh.budget import Budget, OutOfTime
from closedloop.refresh.inbox import Arrival, Inbox, InboxError
from closedloop.refresh.outcome import Outcome
from closedloop.refresh.turn import Connection, note_began, note_ended, turn
from closedloop.settings import Settings
from closedloop.transform.builder import build
from closedloop.transform.freshness import needs_build
from closedloop.transform.progress import NodeEvent, Note

#: Told of every step: ``tell(event, text, **facts)``, a word for programs and a sentence for people.
Tell = Callable[..., None]

#: Loading ends early enough for a build that takes a tenth longer than the last one.
_MARGIN = 1.1


def refresh(settings: Settings, *, budget: Budget, tell: Tell, strict: bool = False) -> Outcome:
    """Load what is new, file it away, build when a build is due. The warehouse must be running.

    Whatever happens, each file is in the warehouse whole or not at all, and in the inbox, ``done`` or
    ``failed`` exactly once; a refresh that follows completes what this one did not. Raises ClosedloopError
    when the warehouse cannot be worked with; everything else is in the outcome.
    """
    with turn(settings) as got:
        if isinstance(got, str):
            return Outcome(busy=got)
        run = _Refresh(settings, budget, tell, strict, got)
        note_began(got)
        try:
            run.everything()
        except OutOfTime:
            run.outcome.out_of_time = True
            tell("out_of_time", f"stopped after {budget.used:.0f} s: the budget is used up")
        run.outcome.seconds = round(budget.used, 1)
        note_ended(got, run.outcome)
        return run.outcome


class _Refresh:
    def __init__(
        self, settings: Settings, budget: Budget, tell: Tell, strict: bool, connection: Connection
    ) -> None:
        self.settings = settings
        self.budget = budget
        self.tell = tell
        self.strict = strict
        self.connection = connection
        self.inbox = Inbox.of(settings)
        self.found = 0
        self.outcome = Outcome()

    def everything(self) -> None:
        arrivals: Iterator[Arrival] = iter(())
        with self._problems_told():
            arrivals = self._arrivals()
            # The first is loaded whatever the time, and nothing ends it: or none ever would be.
            if (first := next(arrivals, None)) is not None:
                self._take(first)
        # Asked before the time can be up: cut off in the middle of a query, the turn could note nothing more.
        reserve = self._seconds_of_a_build() * _MARGIN
        with self.budget.enforced():
            if self.outcome.problem is None:
                with self._problems_told():
                    self._take_the_others(arrivals, reserve)
            self._build_if_due()

    @contextmanager
    def _problems_told(self) -> Iterator[None]:
        """What is wrong with the inbox ends the loading. What was loaded before is built all the same."""
        try:
            yield
        except InboxError as error:
            self.outcome.problem = str(error)
            self.tell("problem", str(error))

    def _arrivals(self) -> Iterator[Arrival]:
        self.inbox.prepare(make=self.settings.inbox is None)
        filing.tidy(self.inbox)
        deliveries.refuse_loose_manifest(self.inbox)
        found, waiting = self.inbox.look_around()
        self.outcome.waiting = len(waiting)
        for name in waiting:
            self.tell("waiting", f"{deliveries.readable(name)}: not complete yet, left for the next refresh")
        self.outcome.left = self.found = len(found)
        return iter(deliveries.in_order(self.inbox, found))

    def _take_the_others(self, arrivals: Iterator[Arrival], reserve: float) -> None:
        for arrival in arrivals:
            if self.budget.left < reserve:
                self.tell(
                    "left",
                    f"{self.outcome.left} left for the next refresh: a build takes about {reserve:.0f} s",
                )
                return
            self._take(arrival)

    def _take(self, arrival: Arrival) -> None:
        name = deliveries.readable(arrival.path.name)
        number = self.found - self.outcome.left + 1
        self.tell("loading", f"{number} of {self.found}: {name}", name=name)
        reports = deliveries.load(
            self.inbox,
            arrival,
            strict=self.strict,
            settings=self.settings,
            progress=lambda text: self.tell("note", text),
        )
        for report in reports:
            self.tell("file", f"{report.file}: {filing.sentence(report)}", **filing.facts(report))
        self.outcome.rows_accepted += sum(report.total("accepted") for report in reports)
        self.outcome.rows_quarantined += sum(report.quarantined for report in reports)
        if not arrival.unchanged:
            self.outcome.waiting += 1
            self.outcome.left -= 1
            self.tell("waiting", f"{name}: changed while it was read; the next refresh loads it again")
            return
        try:
            moved = filing.file_away(self.inbox, arrival, reports)
        except OSError as error:
            raise InboxError(
                f"{name} could not be moved out of the inbox ({error.strerror}) and is loaded again, which "
                "changes nothing, until it can; no further file is loaded"
            ) from error
        if moved.parent == self.inbox.done:
            self.outcome.done += 1
        else:
            self.outcome.failed += 1
        self.tell("moved", f"→ {moved.parent.name}/{moved.name}", to=str(moved))
        self.outcome.left -= 1

    def _seconds_of_a_build(self) -> float:
        row = self.connection.execute(
            "select seconds from ops.builds where status = 'published' order by build_id desc limit 1"
        ).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0

    def _build_if_due(self) -> None:
        due = needs_build(self.settings)
        if due is None:
            self.outcome.build = "not due"
            return
        self.tell("build", f"a build is due: {due}")
        self.outcome.build = "stopped"
        try:
            report = build(self.settings, listener=self._hear)
        except ClosedloopError as error:
            self.outcome.build = "failed"
            self.outcome.build_message = str(error)
            self.tell("build", str(error))
            return
        self.outcome.build = "published"
        self.outcome.build_id = report.build_id

    def _hear(self, step: Note | NodeEvent) -> None:
        if isinstance(step, Note):
            self.tell("build", step.text)
        elif step.status in ("error", "fail", "runtime error", "warn"):
            self.tell("build", f"{step.status}: {step.node}", node=step.node, status=step.status)
