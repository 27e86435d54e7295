"""One refresh at a time, and what is known of the last one.

The turn is an advisory lock of the warehouse: it holds across machines that share one, and the server takes
it back from whoever dies. What the last refresh did is a fact of the warehouse (``ops.warehouse_info``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from closedloop.refresh.outcome import Outcome
from closedloop.settings import Settings
from closedloop.warehouse import WarehouseUnavailable, connect, get_info, set_info
from closedloop.warehouse.locks import REFRESH, holder

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class LastRefresh:
    """``outcome`` is the sentence of a finished one. One that began and did not finish is ``running`` while
    somebody has the turn, and was interrupted otherwise."""

    began: datetime
    ended: datetime | None
    outcome: str | None
    running: str | None


@contextmanager
def turn(settings: Settings) -> Iterator[Connection | str]:
    """Have the turn inside the block: yields a connection in autocommit; or, where another refresh has it,
    who that is."""
    began = datetime.now(settings.zone)
    name = f"closedloop refresh (pid {os.getpid()}, since {began:%m-%d %H:%M})"
    with connect("loader", settings, autocommit=True, application=name) as connection:
        row = connection.execute("select pg_try_advisory_lock(%s)", [REFRESH]).fetchone()
        try:
            if row is not None and row[0]:
                yield connection
            else:
                yield holder(connection, REFRESH) or "another refresh"
        except psycopg.OperationalError as error:
            raise WarehouseUnavailable(
                "the warehouse stopped in the middle of the refresh; refresh again, nothing is lost"
            ) from error


def note_began(connection: Connection) -> None:
    """Write down that a refresh begins."""
    set_info(connection, "refresh", json.dumps({"began": datetime.now(UTC).isoformat()}))


def note_ended(connection: Connection, outcome: Outcome) -> None:
    """Write down what it did."""
    noted = json.loads(get_info(connection, "refresh") or "{}")
    noted |= {"ended": datetime.now(UTC).isoformat(), **outcome.as_json()}
    set_info(connection, "refresh", json.dumps(noted, ensure_ascii=False))


def last_refresh(connection: Connection) -> LastRefresh | None:
    """The last one that began; None before the first."""
    noted = json.loads(get_info(connection, "refresh") or "{}")
    if "began" not in noted:
        return None
    ended = datetime.fromisoformat(noted["ended"]) if "ended" in noted else None
    running = None if ended else holder(connection, REFRESH)
    return LastRefresh(datetime.fromisoformat(noted["began"]), ended, noted.get("sentence"), running)
