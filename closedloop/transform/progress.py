"""What a build says while it runs, and how it is shown: a bar on a terminal, lines anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from closedloop.transform.child import NodeEvent


@dataclass(frozen=True)
class Note:
    """A step of the build that is no dbt node: waiting for the lock, publishing, done."""

    text: str


#: Called from the thread that builds, with every step as it happens.
Listener = Callable[[Note | NodeEvent], None]

_BAD = frozenset({"error", "fail", "runtime error"})


def silent(_: Note | NodeEvent) -> None:
    """A listener that says nothing."""


@contextmanager
def shown(console: Console) -> Iterator[Listener]:
    """A listener that shows progress on ``console``: a bar with the running node, or plain lines."""
    if not console.is_terminal:
        yield lambda step: _print_line(console, step)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading the project", total=None)

        def show(step: Note | NodeEvent) -> None:
            if isinstance(step, Note):
                console.print(step.text, highlight=False, markup=False, soft_wrap=True)
            elif step.status is None:
                bar.update(task, description=_short(step.node).ljust(44)[:44], total=step.total)
            else:
                bar.advance(task)
                if _worth_a_line(step):
                    _print_line(console, step)

        yield show


def _print_line(console: Console, step: Note | NodeEvent) -> None:
    if isinstance(step, Note):
        console.print(step.text, highlight=False, markup=False, soft_wrap=True)
    elif step.status is not None and (
        _worth_a_line(step) or not step.node.startswith(("test.", "unit_test."))
    ):
        line = f"[{step.index:>3}/{step.total}] {step.status:<8} {_short(step.node)} ({step.seconds:.1f} s)"
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _worth_a_line(step: NodeEvent) -> bool:
    return step.status in _BAD or step.status == "warn"


def _short(node: str) -> str:
    kind, _, *rest = node.split(".")
    return f"{kind} {rest[0]}" if rest else node
