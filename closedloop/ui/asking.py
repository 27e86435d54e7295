"""Putting a question once: answers are kept per scope, filters and build.

Nothing here reads the session. Who asks is an argument, and part of the key: a cache that took the user from
outside its arguments would hand one station's rows to another. The build is part of the key too, so
publishing forgets by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime

import pandas as pd

from closedloop.errors import ClosedloopError
from closedloop.queries.loading import builds
from closedloop.queries.reading import BUILD, rows
from closedloop.ui.kept import Kept
from closedloop.warehouse.scope import Scope

Question = Callable[..., pd.DataFrame]

#: The marts of a build never change, so an answer is as good as new until the next one is published.
KEEP_SECONDS = 24 * 3600
#: Questions about what changes between two publications: builds that failed or are being made.
CHANGING = frozenset({builds})
CHANGING_SECONDS = 60
#: All answers of the process together. What is forgotten is asked again.
ROOM = 10 * 2**20


class BuildChanged(ClosedloopError):
    """Another build was published while the page was being put together; the page runs again."""


_ANSWERS = Kept(ROOM, KEEP_SECONDS)
_CHANGING_ANSWERS = Kept(2**20, CHANGING_SECONDS)


def ask(
    question: Question, scope: Scope, as_of: datetime, build_id: int, **arguments: object
) -> pd.DataFrame:
    """The answer of ``question(scope, as_of, **arguments)`` from this build, else BuildChanged.

    ``arguments`` are plain values, tuples or frozen dataclasses: their ``repr`` is their key. The frame is
    the caller's own to change.
    """
    kept, key = _place(question, scope, as_of, build_id, arguments)
    return kept.get(("frame", *key), lambda: _asked(question, scope, as_of, build_id, arguments))


def ask_rows(
    question: Question, scope: Scope, as_of: datetime, build_id: int, **arguments: object
) -> list[dict]:
    """The same as :func:`ask`, row by row as dictionaries, missing values as None."""
    kept, key = _place(question, scope, as_of, build_id, arguments)

    def made() -> list[dict]:
        # Of a question that one page wants in both forms, each is kept; most are wanted in one.
        frame = kept.find(("frame", *key))
        return rows(_asked(question, scope, as_of, build_id, arguments) if frame is None else frame)

    return kept.get(("rows", *key), made)


def _place(
    question: Question, scope: Scope, as_of: datetime, build_id: int, arguments: dict[str, object]
) -> tuple[Kept, tuple[Hashable, ...]]:
    """Where an answer is kept, and under what."""
    name = f"{question.__module__}.{question.__qualname__}"
    # The scope as a whole: a field added to it tomorrow is part of the key by itself.
    key = (name, scope, as_of, build_id, repr(sorted(arguments.items())))
    return (_CHANGING_ANSWERS if question in CHANGING else _ANSWERS), key


def _asked(
    question: Question, scope: Scope, as_of: datetime, build_id: int, arguments: dict[str, object]
) -> pd.DataFrame:
    frame = question(scope, as_of, **arguments)
    if frame.attrs[BUILD] != build_id:
        # Raised, not returned: an answer of the new build must not be kept under the old one.
        raise BuildChanged(f"build {frame.attrs[BUILD]} was published while build {build_id} was being shown")
    return frame
