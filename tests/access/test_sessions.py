"""A session ends when it is signed out, unused or old, and no restart revives it: the warehouse keeps it."""

from __future__ import annotations

import pytest

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import Person
from closedloop.access.entrance import new_session
from tests.servers import Warehouse


@pytest.fixture
def person(house) -> Person:
    made = Person("https://sign-in.example", "somebody", new_session())
    access.begin_session(made)
    return made


def _age(house: Warehouse, person: Person, column: str, interval: str) -> None:
    with house.connect("owner") as connection:
        connection.execute(
            f"update access.sessions set {column} = now() - interval '{interval}' where session_id = %s",
            [person.session],
        )


def test_a_session_nobody_began_is_none(house):
    assert access.enter(Person("https://sign-in.example", "somebody", "made-up")).session == "unknown"


def test_a_session_is_its_owners(house, person):
    assert access.enter(person).is_open
    assert access.enter(Person(person.issuer, "somebody else", person.session)).session == "unknown"


def test_signed_out_is_signed_out_for_good(house, person):
    access.end_session(person.session)
    product.dispose_engines()
    assert access.enter(person).session == "signed_out"
    access.begin_session(person)
    assert access.enter(person).session == "signed_out", "a session cannot be begun twice"


@pytest.mark.parametrize(("interval", "state"), [("29 minutes 58 seconds", "open"), ("30 minutes", "idle")])
def test_a_session_ends_when_nobody_uses_it(house, person, interval, state):
    _age(house, person, "seen_at", interval)
    assert access.enter(person).session == state
    # Being asked kept the one alive, and does not revive the other.
    assert access.enter(person).session == state


@pytest.mark.parametrize(
    ("interval", "state"), [("11 hours 59 minutes 58 seconds", "open"), ("12 hours", "expired")]
)
def test_a_session_ends_with_the_shift_however_busy_it_is(house, person, interval, state):
    _age(house, person, "started_at", interval)
    assert access.enter(person).session == state


def test_the_limits_are_settings(house, person):
    short = house.settings.model_copy(update={"idle_minutes": 1, "session_hours": 1})
    _age(house, person, "seen_at", "2 minutes")
    assert access.enter(person, short).session == "idle"


def test_using_a_session_writes_once_a_minute(house, person):
    def written() -> str:
        with house.connect("owner") as connection:
            return connection.execute(
                "select xmin::text from access.sessions where session_id = %s", [person.session]
            ).fetchone()[0]

    before = written()
    access.enter(person)
    assert written() == before
    _age(house, person, "seen_at", "2 minutes")
    aged = written()
    access.enter(person)
    assert written() != aged


def test_an_account_administrator_signs_somebody_out(house, person):
    assert access.end_sessions(person.issuer, person.subject) >= 1
    assert access.enter(person).session == "signed_out"


def test_dead_sessions_are_forgotten_when_their_cookies_are(house, person):
    _age(house, person, "started_at", "40 hours")
    access.begin_session(Person(person.issuer, "another", new_session()))
    with house.connect("owner") as connection:
        rows = connection.execute(
            "select 1 from access.sessions where session_id = %s", [person.session]
        ).fetchall()
    assert rows == []
