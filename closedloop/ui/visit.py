"""One run of one page for one person: who looks, at what moment, in which language, through which filters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from closedloop.queries.status import Published
from closedloop.settings import Settings
from closedloop.ui import filters
from closedloop.ui.admission import require_still_admitted
from closedloop.ui.asking import Question, ask, ask_rows
from closedloop.ui.identity import Identity
from closedloop.ui.language import Texts
from closedloop.ui.names import Names
from closedloop.ui.registry import ITEM, PageEntry
from closedloop.warehouse.scope import Scope

_KEY = "visit"

#: Parameters of the address that every page understands; links carry them along.
SHARED = ("station", "from", "to", "as_of", "lang")


@dataclass(frozen=True)
class Visit:
    """What a page needs to know. Made by the frame, before any page runs."""

    identity: Identity
    texts: Texts
    published: Published
    names: Names
    as_of: datetime
    station: str | None
    first_day: date
    last_day: date
    duty_day_start: time
    #: The shared filters as the address has them, for links to carry along.
    shared: Mapping[str, str]

    @property
    def scope(self) -> Scope:
        """What the database shows this person."""
        return self.identity.scope

    @property
    def t(self):
        """Shorthand for ``texts.t``."""
        return self.texts.t

    @property
    def leads(self) -> bool:
        """True for those who see more than one station, and may choose among them."""
        return self.identity.station_id is None

    @property
    def is_past(self) -> bool:
        """True when the moment looked at is not the latest one known."""
        return self.as_of < self.published.default_as_of

    @property
    def known_until(self) -> datetime:
        """数据截至 of what is shown: never later than the moment looked at."""
        return min(self.as_of, self.published.default_as_of)

    @property
    def sight(self) -> Hashable:
        """All that decides what this visit shows, for caches: two visits with the same sight look alike."""
        return (
            self.scope,
            self.published.build_id,
            self.published.default_as_of,
            self.as_of,
            self.station,
            self.first_day,
            self.last_day,
            self.duty_day_start,
            self.texts,
            tuple(sorted(self.shared.items())),
        )

    def ask(self, question: Question, **arguments: object) -> pd.DataFrame:
        """Put a question in this person's scope, at this moment, to this build.

        A part of the page that runs by itself is asked first whether the person is still let in.
        """
        require_still_admitted(self.identity)
        return ask(question, self.scope, self.as_of, self.published.build_id, **arguments)

    def ask_rows(self, question: Question, **arguments: object) -> list[dict]:
        """The same as :meth:`ask`, row by row as dictionaries, missing values as None."""
        require_still_admitted(self.identity)
        return ask_rows(question, self.scope, self.as_of, self.published.build_id, **arguments)

    def days(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Calendar days, both included, as [from, until) in the warehouse's time zone."""
        zone = self.texts.zone
        return (
            datetime.combine(first, time(), zone),
            datetime.combine(last + timedelta(days=1), time(), zone),
        )

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The chosen calendar days as [from, until) in the warehouse's time zone."""
        return self.days(self.first_day, self.last_day)

    @property
    def as_of_day(self) -> date:
        """The calendar day of the moment looked at."""
        return self.as_of.astimezone(self.texts.zone).date()

    @property
    def last_full_day(self) -> date:
        """The last calendar day that had ended by the moment."""
        return self.as_of_day - timedelta(days=1)

    @property
    def last_midnight(self) -> datetime:
        """The end of the last full calendar day."""
        return datetime.combine(self.as_of.astimezone(self.texts.zone).date(), time(), self.texts.zone)

    @property
    def duty_day(self) -> tuple[date, datetime, datetime]:
        """The last duty day (统计日) that had ended by the moment: its name, its beginning, its end.

        With the day turning at 08:00, a moment of 2025-04-25 08:00 or 09:30 gives the 25th: from the 24th
        08:00 to the 25th 08:00.
        """
        local = self.as_of.astimezone(self.texts.zone)
        end = datetime.combine(local.date(), self.duty_day_start, self.texts.zone)
        if end > local:
            end -= timedelta(days=1)
        return end.date(), end - timedelta(days=1), end

    def address(self, page: PageEntry, **params: object) -> str:
        """A relative link to a page that keeps the shared filters."""
        query = urlencode({**self.shared, **{k: v for k, v in params.items() if v}}, doseq=True)
        return (page.address or "./") + (f"?{query}" if query else "")

    def item_address(self, work_item_id: str) -> str:
        """A relative link to an item."""
        return self.address(ITEM, item=work_item_id)


def make(
    identity: Identity,
    texts: Texts,
    status: Published,
    names: Names,
    params: filters.LastValues,
    settings: Settings,
) -> Visit:
    """The visit that an address asks for, as far as it asks for something that exists and may be seen."""
    as_of = filters.parse_moment(params.get("as_of"), texts.zone, status.default_as_of)
    last_full_day = as_of.astimezone(texts.zone).date() - timedelta(days=1)
    first, last = filters.parse_period(params, last_full_day)
    leads = identity.station_id is None
    return Visit(
        identity=identity,
        texts=texts,
        published=status,
        names=names,
        as_of=as_of,
        station=filters.one_of(params.get("station"), names.stations()) if leads else None,
        first_day=first,
        last_day=last,
        duty_day_start=time.fromisoformat(settings.duty_day_start),
        shared={name: value for name in SHARED if (value := params.get(name)) is not None},
    )


def begin(visit: Visit) -> None:
    """Hand the visit to the page about to run."""
    st.session_state[_KEY] = visit


def current() -> Visit:
    """The visit the frame began. A page that runs without one is not in the frame: nothing is shown."""
    visit = st.session_state.get(_KEY)
    if visit is None:
        st.stop()
    return visit


def end() -> None:
    """Forget the visit: nobody is signed in any more."""
    st.session_state.pop(_KEY, None)
