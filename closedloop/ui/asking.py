"""Putting a question once: answers are kept per scope, filters and build.

Nothing here reads the session. Who asks is an argument, and part of the key: a cache that took the user from
outside its arguments would hand one station's rows to another. The build is part of the key too, so
publishing forgets by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import pandas as pd
import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.queries.reading import BUILD
from closedloop.warehouse.scope import Scope

Question = Callable[..., pd.DataFrame]

#: Loads and failed builds reach the pages between two publications, so no answer is kept for longer.
KEEP = "10m"


class BuildChanged(ClosedloopError):
    """Another build was published while the page was being put together; the page runs again."""


def scope_key(scope: Scope) -> tuple[str, str, str | None, str]:
    """The scope as a cache key: the same stations in any order are the same key."""
    return (scope.setting(), scope.role, scope.bureau_id, scope.totals_setting())


def _answer(
    name: str,
    scope_parts: tuple[str, str, str | None, str],
    as_of: datetime,
    build_id: int,
    arguments: str,
    _question: Question,
    _scope: Scope,
    _arguments: dict[str, object],
) -> pd.DataFrame:
    frame = _question(_scope, as_of, **_arguments)
    if frame.attrs[BUILD] != build_id:
        # Raised, not returned: an answer of the new build must not be kept under the old one.
        raise BuildChanged(f"build {frame.attrs[BUILD]} was published while build {build_id} was being shown")
    return frame


@lru_cache(maxsize=1)
def _cached() -> Callable[..., pd.DataFrame]:
    # Decorated on first use: at import the server's own cache does not exist yet.
    return st.cache_data(ttl=KEEP, max_entries=2000, show_spinner=False)(_answer)


def ask(
    question: Question, scope: Scope, as_of: datetime, build_id: int, **arguments: object
) -> pd.DataFrame:
    """The answer of ``question(scope, as_of, **arguments)`` from this build, else BuildChanged.

    ``arguments`` are plain values, tuples or frozen dataclasses: their ``repr`` is their key.
    """
    name = f"{question.__module__}.{question.__qualname__}"
    key = repr(sorted(arguments.items()))
    return _cached()(name, scope_key(scope), as_of, build_id, key, question, scope, arguments)
