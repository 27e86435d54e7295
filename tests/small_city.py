"""A small demo city through the real intake and the real builder, once for all who only read it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from closedloop import demo, intake
from closedloop.transform.builder import build
from tests.servers import Warehouse


@lru_cache(maxsize=1)
def small_city(make_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """The city; nobody changes it. Who wants to change one takes ``make_warehouse(of=city)``."""
    made = make_warehouse()
    with tempfile.TemporaryDirectory() as folder, made.in_environment():
        demo.generate(scale=0.02, seed=11, out=Path(folder))
        reports = intake.load_directory(Path(folder))
        assert all(report.ok for report in reports)
        build()
    return made
