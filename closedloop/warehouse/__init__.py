"""The warehouse: its server, its addresses and roles, its shape, and who may see what.

Other rooms use what is named here::

    with warehouse.in_use(progress=print):          # embedded: started, and stopped by the last one out
        warehouse.migrate()
        with warehouse.connect("loader") as connection: ...
        with warehouse.scoped_connection(Scope.city()) as connection: ...
"""

from closedloop.warehouse import locks
from closedloop.warehouse.addresses import ROLES, Role, Urls, urls
from closedloop.warehouse.connections import connect, dispose_engines, reader_engine
from closedloop.warehouse.errors import WarehouseError, WarehouseUnavailable
from closedloop.warehouse.info import get_info, is_demo, set_info
from closedloop.warehouse.lifetime import in_use
from closedloop.warehouse.locks import LOAD_AND_BUILD
from closedloop.warehouse.roles import DBT_SCHEMAS, ensure_schemas
from closedloop.warehouse.schema import (
    current_revision,
    is_current,
    latest_revision,
    migrate,
    require_current,
)
from closedloop.warehouse.scope import ALL, UNASSIGNED, Scope, ScopeError, scope_statements, scoped_connection
from closedloop.warehouse.secret_files import hash_key
from closedloop.warehouse.soundness import advice, require_sound_roles

__all__ = [
    "ALL",
    "DBT_SCHEMAS",
    "LOAD_AND_BUILD",
    "ROLES",
    "UNASSIGNED",
    "Role",
    "Scope",
    "ScopeError",
    "Urls",
    "WarehouseError",
    "WarehouseUnavailable",
    "advice",
    "connect",
    "current_revision",
    "dispose_engines",
    "ensure_schemas",
    "get_info",
    "hash_key",
    "in_use",
    "is_current",
    "is_demo",
    "latest_revision",
    "locks",
    "migrate",
    "reader_engine",
    "require_current",
    "require_sound_roles",
    "scope_statements",
    "scoped_connection",
    "set_info",
    "urls",
]
