"""Who is looking, and how the server knows.

A session is a signed cookie (HttpOnly, SameSite=Lax) of our own, whoever signed the person in: the provider,
or the demo's sign-in page. Links and reloads keep working, and every run verifies the signature. The cookie
names an identity and a session and nothing else: whether the session is still open and what the identity may
see is asked of the warehouse on every run, and enforced by it.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

from closedloop.access import STATION_ROLES, Grant, Person, Role
from closedloop.access.entrance import DEMO, new_session
from closedloop.errors import ClosedloopError
from closedloop.settings import Settings
from closedloop.warehouse import secret_files
from closedloop.warehouse.scope import Scope

COOKIE = "closedloop_session"

_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class SignInNotConfigured(ClosedloopError):
    """The warehouse is on a server and nobody said who may see it."""


@dataclass(frozen=True)
class Identity:
    """A signed-in person as far as the pages care: a role, and the scope that goes with it."""

    who: str
    role: Role
    scope: Scope
    name: str | None = None
    issuer: str = DEMO
    subject: str = ""

    @classmethod
    def of(cls, who: str, grant: Grant, issuer: str = DEMO) -> Identity | None:
        """The identity that a grant makes; None when there is no station in its place (any more)."""
        scope = grant.scope()
        if scope is None:
            return None
        return cls(f"{issuer} {who}" if issuer != DEMO else who, grant.role, scope, grant.name, issuer, who)

    @property
    def station_id(self) -> str | None:
        """The one station that is all this person sees; None for everybody else."""
        if isinstance(self.scope.stations, str) or len(self.scope.stations) != 1:
            return None
        return next(iter(self.scope.stations))

    @property
    def at_station(self) -> bool:
        """True for those who work at a station: they come to do, not to browse."""
        return self.role in STATION_ROLES


def _demo(who: str, grant: Grant) -> Identity:
    identity = Identity.of(who, grant)
    assert identity is not None
    return identity


#: Roles that load files on the Data page.
UPLOADERS = ("analyst", "operator")


def may_upload(identity: Identity) -> bool:
    """Whether this person may load exports into the warehouse."""
    return identity.role in UPLOADERS


#: The demo's people. Two station heads, so that one can be seen not to see the other's station.
DEMO_IDENTITIES: dict[str, Identity] = {
    who: _demo(who, grant)
    for who, grant in {
        "leadership": Grant("leadership"),
        "station-S03": Grant("station_head", stations=("S03",)),
        "station-S07": Grant("station_head", stations=("S07",)),
        "analyst": Grant("analyst"),
        "wall": Grant("wall"),
    }.items()
}


def require_sign_in(settings: Settings) -> None:
    """Refuse to serve a server warehouse when nothing can tell who may see it.

    Raises SignInNotConfigured with what to set.
    """
    if settings.embedded or settings.issuer is not None:
        return
    raise SignInNotConfigured(
        "CLOSEDLOOP_OWNER_URL, CLOSEDLOOP_LOADER_URL and CLOSEDLOOP_READER_URL name a warehouse on a server, "
        "and no sign-in is configured: the pages stay shut. Set CLOSEDLOOP_OIDC_ISSUER, "
        "CLOSEDLOOP_OIDC_CLIENT_ID, CLOSEDLOOP_OIDC_CLIENT_SECRET and CLOSEDLOOP_OIDC_REDIRECT_URI "
        "(https://…/oauth2callback) for an OpenID Connect provider, or CLOSEDLOOP_GATEWAY_KEY and "
        "CLOSEDLOOP_GATEWAY_PEERS for a gateway that signs people in; then grant each person their part: "
        "python -m closedloop access grant. Loading and building work as they are; to see the pages of the "
        "demo, unset the three URLs."
    )


class Sessions:
    """Signs and verifies what a browser carries. Which sessions are over, the warehouse knows."""

    def __init__(self, key: bytes, hours: float) -> None:
        self.seconds = round(hours * 3600)
        self._serializer = URLSafeTimedSerializer(key, salt="closedloop session v2", signer_kwargs=_SIGNER)

    def issue(self, person: Person) -> str:
        """A cookie value that proves the person for as long as a session may last."""
        content = {"iss": person.issuer, "sub": person.subject, "id": person.session}
        return self._serializer.dumps({**content, "name": person.name} if person.name else content)

    def read(self, cookie: str | None) -> Person | None:
        """Whom a cookie proves, or None: absent, forged, stale."""
        if not cookie:
            return None
        try:
            content = self._serializer.loads(cookie, max_age=self.seconds)
        except BadSignature:
            return None
        if not isinstance(content, dict):
            return None
        parts = [content.get(key) for key in ("iss", "sub", "id")]
        if not all(isinstance(part, str) and part for part in parts):
            return None
        return Person(*parts, name=content.get("name"))  # type: ignore[arg-type]


def demo_person(who: str) -> Person:
    """A new session of a demo identity. Raises KeyError for an unknown one."""
    return Person(DEMO, DEMO_IDENTITIES[who].who, new_session())


_sessions: Sessions | None = None
_sessions_lock = threading.Lock()


def sessions(settings: Settings) -> Sessions:
    """The sessions of this process. The key outlives it, so a restart keeps people signed in."""
    global _sessions
    with _sessions_lock:
        if _sessions is None:
            _sessions = Sessions(session_key(settings).encode(), settings.session_hours)
        return _sessions


def session_key(settings: Settings) -> str:
    """``CLOSEDLOOP_SESSION_KEY``, or the one kept in ``home/secrets``."""
    if settings.session_key is not None:
        return settings.session_key.get_secret_value()
    return secret_files.read_or_create(settings, "session")
