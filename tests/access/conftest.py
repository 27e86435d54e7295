"""A warehouse of a module's own, and people with a database login in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closedloop import warehouse as product
from tests.access.logged_in import Logins
from tests.servers import Warehouse


@pytest.fixture(scope="module")
def house(make_warehouse) -> Iterator[Warehouse]:
    """Empty, and the process's own while the module runs; a module that needs the city has its own."""
    made = make_warehouse()
    with made.in_environment():
        yield made
    product.dispose_engines()


@pytest.fixture(scope="module")
def logins(house: Warehouse) -> Iterator[Logins]:
    made = Logins(house)
    yield made
    made.remove()
