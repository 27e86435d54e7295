"""What became of a refresh, and the exit code that tells a timer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

#: Exit codes, in ``docs/operator.md`` too. The first that applies, from the gravest down, is taken.
DONE, BUILD_FAILED, MEND, LEFT_OVER, BUSY = 0, 1, 2, 3, 4


@dataclass
class Outcome:
    """Counts of one refresh. ``left`` waits for the next one because time was short; ``waiting`` because it
    was not complete. ``problem`` is a sentence about the inbox itself. ``busy`` names who refreshes already.
    """

    done: int = 0
    failed: int = 0
    left: int = 0
    waiting: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    build: Literal["not due", "published", "failed", "not begun", "stopped"] = "not begun"
    build_id: int | None = None
    build_message: str | None = None
    out_of_time: bool = False
    problem: str | None = None
    busy: str | None = None
    seconds: float = field(default=0.0)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 the build failed, 2 something is to be mended, 3 work is left over, 4 did nothing."""
        if self.busy is not None:
            return BUSY
        if self.build == "failed":
            return BUILD_FAILED
        if self.failed or self.problem:
            return MEND
        return LEFT_OVER if self.left or self.out_of_time else DONE

    @property
    def sentence(self) -> str:
        """The whole of it in one line."""
        if self.busy is not None:
            return f"nothing done: {self.busy} is at work"
        parts = [f"{self.done:,} loaded, {self.failed:,} failed"]
        if self.left:
            parts.append(f"{self.left:,} left for the next refresh, for want of time")
        if self.waiting:
            parts.append(f"{self.waiting:,} not complete yet")
        parts.append(f"{self.rows_accepted:,} rows accepted, {self.rows_quarantined:,} in quarantine")
        parts.append(self._of_the_build())
        return f"{'; '.join(parts)}; {self.seconds:.0f} s"

    def _of_the_build(self) -> str:
        match self.build:
            case "published":
                return f"build {self.build_id} published"
            case "not due":
                return "no build was due"
            case "stopped":
                return "the build was stopped, its time was up: the published figures stand"
            case "failed":
                return "the build failed: the published figures stand"
            case _:
                return "no build was begun: the published figures stand"

    def as_json(self) -> dict[str, Any]:
        """Every field, and the two sentences drawn from them."""
        return {**asdict(self), "exit_code": self.exit_code, "sentence": self.sentence}
