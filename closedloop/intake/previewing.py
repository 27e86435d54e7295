"""What a load would do, asked of the warehouse and rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from closedloop import warehouse
from closedloop.settings import Settings, get_settings


@contextmanager
def rolled_back(settings: Settings | None) -> Iterator[psycopg.Connection]:
    """A loader's transaction of which nothing stays. Waits for no lock; raises WarehouseUnavailable when the
    server goes away."""
    connection = warehouse.connect("loader", settings or get_settings(), application="closedloop preview")
    try:
        with connection.transaction(force_rollback=True):
            yield connection
    except psycopg.OperationalError as error:
        raise warehouse.WarehouseUnavailable(
            "the warehouse stopped answering; try again", "数据仓库停止响应；请稍后重试"
        ) from error
    finally:
        connection.close()
