"""Traces: what somebody did, written beside the work and never in its way.

The page server puts events into a queue; a thread of its own writes them. A warehouse that is slow or gone
costs events, which are counted and said in the log, and never a page. Grants, loads and builds are traced by
the warehouse itself (triggers), whatever command did them.
"""

from __future__ import annotations

import json
import logging
import math
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import text

from closedloop.access.entrance import entrance
from closedloop.access.parts import AccessError
from closedloop.settings import Settings, get_settings
from closedloop.warehouse.connections import connect
from closedloop.warehouse.errors import WarehouseUnavailable

Kind = Literal["sign_in", "refused", "sign_out", "page", "item", "export", "grant", "revoke", "load", "build"]

#: Events that wait to be written; more are dropped and counted.
WAITING = 10_000
_TOGETHER = 200
#: Of one event's details: in number, and as JSON. The table takes less than 8,000 bytes.
_MOST_DETAILS, _MOST_BYTES = 20, 6_000
_WRITE = text("select audit.write(cast(:events as jsonb))")

log = logging.getLogger("closedloop.audit")


@dataclass(frozen=True)
class Event:
    """One thing that somebody did. ``detail`` holds ids, counts and filters; no content of a case."""

    event: Kind
    issuer: str | None = None
    subject: str | None = None
    role: str | None = None
    place: str | None = None
    detail: dict[str, object] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def content(self) -> dict[str, object]:
        """As the database takes it, long values cut."""
        return {
            "at": self.at.isoformat(),
            "event": self.event,
            "issuer": _short(self.issuer),
            "subject": _short(self.subject),
            "role": self.role,
            "place": _short(self.place),
            "detail": _bounded(self.detail),
        }


def _short(value: object, characters: int = 255) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    # What no text of the database can hold: NUL, and half of a pair of surrogates.
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")[:characters]


def _bounded(detail: Mapping[str, object]) -> dict[str, object]:
    """The details that a row has room for, from the first on; the rest is left out, and ``cut`` says so.

    Names and values may come from an address, which anybody can write: one that the database refuses would
    be a way of leaving no trace.
    """
    kept: dict[str, object] = {}
    room = _MOST_BYTES
    for name, value in detail.items():
        name, value = str(_short(name, 64)), _short(value)
        room -= len(json.dumps([name, value], ensure_ascii=False).encode()) + 16
        if room < 0 or len(kept) >= _MOST_DETAILS:
            kept["cut"] = True
            break
        kept[name] = value
    return kept


class Writer:
    """A bounded queue and the thread that empties it."""

    def __init__(self, settings: Settings, waiting: int = WAITING) -> None:
        self._settings = settings
        self._queue: queue.Queue[Event] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        #: Events that were lost since the process began.
        self.dropped = 0

    def put(self, event: Event) -> None:
        """Hand over an event; returns at once, and never raises."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self._lost(1, "they came faster than they could be written")
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="closedloop audit", daemon=True)
                self._thread.start()

    def flush(self, seconds: float = 5) -> bool:
        """Wait until everything handed over so far is written or lost; False when that takes longer."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self._queue.unfinished_tasks

    def _run(self) -> None:
        while True:
            events = [self._queue.get()]
            while len(events) < _TOGETHER:
                try:
                    events.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            try:
                self._write(events)
            except Exception as error:
                # Whatever it is, the next page's event must find this thread alive.
                self._lost(len(events), f"{type(error).__name__}: {error}")
            finally:
                for _ in events:
                    self._queue.task_done()

    def _write(self, events: list[Event]) -> None:
        try:
            write(events, self._settings)
        except WarehouseUnavailable:
            raise
        except Exception:
            if len(events) == 1:
                raise
            # One that is refused takes nobody else's with it.
            for event in events:
                try:
                    write([event], self._settings)
                except Exception as error:
                    self._lost(1, f"{type(error).__name__}: {error}")

    def _lost(self, count: int, why: str) -> None:
        self.dropped += count
        log.error("%d audit event(s) lost, %d since the start: %s", count, self.dropped, why)


def write(events: list[Event], settings: Settings) -> None:
    """Write events as the page server. Raises WarehouseUnavailable, or what the database refuses."""
    content = json.dumps([event.content() for event in events])
    with entrance(settings) as connection:
        connection.execute(_WRITE, {"events": content})


_READ = text("select * from audit.read(:issuer, :subject, :since, :until, :about, :row_limit)")


def read(
    issuer: str,
    subject: str,
    since: datetime,
    until: datetime,
    about: str | None = None,
    row_limit: int = 1000,
    settings: Settings | None = None,
) -> list[dict]:
    """Events in [since, until), newest first, for an identity that is an auditor now; for others none.

    ``about`` is a subject or a kind of event. Each row: ``event_id, at, event, issuer, subject, role, place,
    detail``. Raises WarehouseUnavailable.
    """
    with entrance(settings or get_settings()) as connection:
        rows = connection.execute(
            _READ,
            {
                "issuer": issuer,
                "subject": subject,
                "since": since,
                "until": until,
                "about": about,
                "row_limit": row_limit,
            },
        ).mappings()
        return [dict(row) for row in rows]


def purge(older_than_days: int, settings: Settings | None = None) -> int:
    """Remove events older than so many days, as the owner; the number removed.

    Raises AccessError for fewer days than ``CLOSEDLOOP_AUDIT_DAYS``, which is never less than 183.
    """
    settings = settings or get_settings()
    if older_than_days < settings.audit_days:
        raise AccessError(
            f"traces are kept for {settings.audit_days} days (CLOSEDLOOP_AUDIT_DAYS, at least 183): "
            f"choose --older-than {settings.audit_days} or more"
        )
    with connect("owner", settings, application="closedloop audit") as connection:
        connection.execute("set local closedloop.purge = 'older than six months'")
        return connection.execute(
            "delete from audit.events where at < now() - make_interval(days => %s)", [older_than_days]
        ).rowcount


_writer: Writer | None = None
_writer_lock = threading.Lock()


def writer() -> Writer:
    """The writer of this process."""
    global _writer
    with _writer_lock:
        if _writer is None:
            _writer = Writer(get_settings())
        return _writer
