"""A built demo city to put questions to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.servers import Warehouse
from tests.small_city import small_city


@pytest.fixture
def city(make_warehouse: Callable[..., Warehouse]) -> Iterator[Warehouse]:
    """The city, as the warehouse of this process. Nobody changes it."""
    made = small_city(make_warehouse)
    with made.in_environment():
        yield made


@pytest.fixture
def latest(city: Warehouse) -> datetime:
    """The latest moment the city knows."""
    with city.connect() as connection:
        return connection.execute("select default_as_of from marts.ops_status").fetchone()[0]
