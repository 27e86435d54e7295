"""The oldest server the product runs on, as an administrator gives it: the owner is no superuser there."""

from __future__ import annotations

from pathlib import Path

import pytest

from closedloop import demo, intake, warehouse
from closedloop.transform.builder import build
from closedloop.warehouse import Scope, scoped_connection
from tests.cities import first_built
from tests.servers import DebianServer, Warehouse


@pytest.mark.pg15
def test_a_city_is_loaded_built_and_read_on_postgresql_15(
    debian_server: DebianServer, tmp_path: Path
) -> None:
    with first_built(debian_server) as made:
        _load_build_and_read(made, tmp_path)


def _load_build_and_read(made: Warehouse, folder: Path) -> None:
    demo.generate(scale=0.005, seed=3, out=folder)
    with made.connect("owner") as connection:
        warehouse.set_info(connection, "demo", "true")
    intake.load_directory(folder, settings=made.settings)
    report = build(made.settings)
    assert report.tests > 100
    assert report.publish_seconds < 1
    warehouse.require_sound_roles(made.settings)
    count = "select count(*) from marts.fct_work_items"
    with scoped_connection(Scope.city(), made.settings) as conn:
        assert conn.exec_driver_sql(count).scalar_one() > 100
    with made.connect("reader") as conn:
        assert conn.execute(count).fetchone() == (0,)
