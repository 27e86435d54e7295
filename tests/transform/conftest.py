"""A copy of the project that tests may break, and a copy of the built city per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cities import rebuilt
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    return ProjectCopy.in_folder(tmp_path_factory.mktemp("project"))


@pytest.fixture
def own_city(city: Warehouse) -> Iterator[Warehouse]:
    """A copy of ``city`` that the test may write to, and the process's own warehouse."""
    with rebuilt(city) as made:
        yield made
