"""The demo city at a fiftieth of its size: written, loaded through the real intake, and really built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from closedloop import warehouse as product
from closedloop.demo import generate
from closedloop.intake.directory import load_directory
from closedloop.transform.builder import build
from tests.servers import Warehouse

SCALE = 0.02
#: Not the committed city's.
SEED = 7


@pytest.fixture(scope="session")
def city(make_warehouse: Callable[..., Warehouse], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with the small city in it, built and published. For reading; write to a copy."""
    folder: Path = tmp_path_factory.mktemp("city")
    generate(scale=SCALE, seed=SEED, out=folder)
    made = make_warehouse()
    with made.connect("owner") as connection:
        product.set_info(connection, "demo", "true")
    reports = load_directory(folder, loaded_by="demo", settings=made.settings)
    refused = [report for report in reports if report.refused]
    assert not refused
    build(made.settings)
    return made
