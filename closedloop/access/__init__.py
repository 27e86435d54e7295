"""Who may come in: identities, their grants, their sessions.

A grant ties an identity (what a provider or the gateway calls somebody) to a role and to the city, a bureau
or stations. The database keeps it and is asked on every run; what it shows afterwards hangs on the scope that
the grant gives.
"""

from closedloop.access.entrance import (
    GATEWAY,
    Entry,
    Person,
    begin_session,
    end_session,
    enter,
)
from closedloop.access.grants import Granted, end_sessions, grant, listed, revoke, ways
from closedloop.access.parts import PARTS, STATION_ROLES, AccessError, Grant, Role

__all__ = [
    "GATEWAY",
    "PARTS",
    "STATION_ROLES",
    "AccessError",
    "Entry",
    "Grant",
    "Granted",
    "Person",
    "Role",
    "begin_session",
    "end_session",
    "end_sessions",
    "enter",
    "grant",
    "listed",
    "revoke",
    "ways",
]
