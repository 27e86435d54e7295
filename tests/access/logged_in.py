"""People with a database login, and what happens to what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import psycopg

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import Grant
from closedloop.access.logins import add_login
from closedloop.warehouse import people
from tests.servers import Warehouse

ISSUER = "https://sign-in.example"
PASSWORD = "a long password for tests"
_numbers = count()


@dataclass
class Logins:
    """Logins made in one warehouse; roles are the server's, so ``remove`` takes them away again."""

    house: Warehouse
    made: list[str] = field(default_factory=list)

    def of(self, grant: Grant, subject: str | None = None) -> str:
        """A new member with this grant, and a login; the login's name is also their subject."""
        login = f"t{next(_numbers)}_{grant.role}"
        access.grant(ISSUER, subject or login, grant, by="tests", settings=self.house.settings)
        add_login(
            ISSUER,
            subject or login,
            login,
            by="tests",
            password=lambda: PASSWORD,
            settings=self.house.settings,
        )
        self.made.append(login)
        return login

    @contextmanager
    def connection(self, login: str) -> Iterator[psycopg.Connection]:
        """A connection in autocommit, as psql would have it."""
        parts = product.urls(self.house.settings).parts("reader")
        with psycopg.connect(
            host=parts["host"],
            dbname=parts["dbname"],
            user=login,
            password=PASSWORD,
            autocommit=True,
        ) as connection:
            yield connection

    def remove(self) -> None:
        """Take every login away."""
        for login in self.made:
            people.drop_embedded(login, self.house.settings)


def refused(connection: psycopg.Connection, statement: str) -> type[Exception] | None:
    """What a statement is refused with, None when it is carried out."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return type(error)
    return None
