"""What became of a file, for the command line, the upload page and the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from closedloop.hints import Hint
from closedloop.intake.reading import LeftOut
from closedloop.intake.store.batches import Counts
from closedloop.intake.validation import BadRow

Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """A progress callback that says nothing."""


@dataclass(frozen=True)
class BatchReport:
    """One table's part of a file. ``new_quarantined`` were not in quarantine before."""

    table: str
    batch_id: int
    counts: Counts
    bad: tuple[BadRow, ...] = ()
    new_quarantined: int = 0


@dataclass(frozen=True)
class LoadReport:
    """One file. Either ``batches`` say what was loaded, or ``refused`` says in one sentence why nothing
    was."""

    file: str
    batches: tuple[BatchReport, ...] = ()
    warnings: tuple[Hint, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    seconds: float = 0.0
    refused: str | None = None
    refused_zh: str | None = field(default=None, repr=False)
    #: Rows of the file that are no records: titles, totals, blanks. They are in no count.
    left_out: LeftOut = field(default_factory=LeftOut)
    #: Whether a mapping said what the columns mean; else their names did.
    mapped: bool = False

    @property
    def ok(self) -> bool:
        """Whether the file was loaded."""
        return self.refused is None

    @property
    def quarantined(self) -> int:
        """Rows refused, over the tables."""
        return sum(batch.counts.quarantined for batch in self.batches)

    def total(self, what: str) -> int:
        """Sum of one count (read, accepted, unchanged, quarantined, retracted, derived_events) over the
        tables."""
        return sum(getattr(batch.counts, what) for batch in self.batches)
