"""A built demo city to put questions to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.servers import Warehouse


@pytest.fixture(autouse=True)
def asked_here(city: Warehouse) -> Iterator[Warehouse]:
    """The city, as the warehouse of this process. Nobody changes it."""
    with city.in_environment():
        yield city


@pytest.fixture
def latest(city: Warehouse) -> datetime:
    """The latest moment the city knows."""
    with city.connect() as connection:
        return connection.execute("select default_as_of from marts.ops_status").fetchone()[0]
