"""Who is looking, and how the server knows.

This release signs people in on the embedded demo only, with four ready identities and no password. The
session is a signed cookie (HttpOnly, SameSite=Lax): links and reloads keep working, and the frame verifies
the signature on every run. The cookie names an identity and nothing else; what the identity may see is
decided here and enforced by the database.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings
from closedloop.warehouse import secret_files
from closedloop.warehouse.scope import Scope

COOKIE = "closedloop_session"
#: A shift and its overlap; then the signature is stale and the person signs in again.
SESSION_SECONDS = 12 * 3600

_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}

Role = Literal["leadership", "station_head", "analyst"]


class SignInNotConfigured(ClosedloopError):
    """The warehouse is on a server and nobody said who may see it."""


@dataclass(frozen=True)
class Identity:
    """A signed-in person as far as the pages care: a role and the stations that go with it (none = all)."""

    who: str
    role: Role
    station_id: str | None = None

    @property
    def scope(self) -> Scope:
        """What the database may show this identity."""
        if self.station_id is None:
            return Scope.city(role=self.role)
        return Scope.of_stations([self.station_id], role=self.role)


#: The demo's people. Two station heads, so that one can be seen not to see the other's station.
DEMO_IDENTITIES: dict[str, Identity] = {
    identity.who: identity
    for identity in (
        Identity("leadership", "leadership"),
        Identity("station-S03", "station_head", "S03"),
        Identity("station-S07", "station_head", "S07"),
        Identity("analyst", "analyst"),
    )
}


def require_sign_in(settings: Settings) -> None:
    """Refuse to serve a server warehouse: this release knows no way to tell who may see it.

    Raises SignInNotConfigured with what to do instead.
    """
    if settings.embedded:
        return
    raise SignInNotConfigured(
        "CLOSEDLOOP_OWNER_URL, CLOSEDLOOP_LOADER_URL and CLOSEDLOOP_READER_URL name a warehouse on a server, "
        "and no sign-in is configured: the pages stay shut. This release signs people in on its embedded "
        "demo only; a server needs an identity provider (section [auth] of .streamlit/secrets.toml: "
        "redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url) and a grant of stations "
        "for each person, which a later release reads. Loading and building work as they are; to see the "
        "pages of the demo, unset the three URLs."
    )


class Sessions:
    """Signs, verifies and ends sessions. One per server process.

    Signed-out sessions are remembered until they would have expired, because an open page keeps the cookie
    its connection was made with.
    """

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="closedloop session v1", signer_kwargs=_SIGNER)
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()

    def issue(self, who: str) -> str:
        """A cookie value for a demo identity. Raises KeyError for an unknown one."""
        return self._serializer.dumps({"who": DEMO_IDENTITIES[who].who, "id": secrets.token_urlsafe(12)})

    def read(self, cookie: str | None) -> Identity | None:
        """The identity a cookie proves, or None: absent, forged, stale, signed out or unknown."""
        content = self._content(cookie)
        if content is None or content.get("id") in self._ended:
            return None
        return DEMO_IDENTITIES.get(str(content.get("who")))

    def end(self, cookie: str | None) -> None:
        """Forget a session, on every page it is open in."""
        content = self._content(cookie)
        if content is None:
            return
        now = time.time()
        with self._lock:
            self._ended = {k: until for k, until in self._ended.items() if until > now}
            self._ended[str(content.get("id"))] = now + SESSION_SECONDS

    def _content(self, cookie: str | None) -> dict | None:
        if not cookie:
            return None
        try:
            content = self._serializer.loads(cookie, max_age=SESSION_SECONDS)
        except BadSignature:
            return None
        return content if isinstance(content, dict) else None


_sessions: Sessions | None = None
_sessions_lock = threading.Lock()


def sessions(settings: Settings) -> Sessions:
    """The sessions of this process. The key lives with the warehouse, so a restart keeps people signed in."""
    global _sessions
    with _sessions_lock:
        if _sessions is None:
            _sessions = Sessions(secret_files.read_or_create(settings, "session").encode())
        return _sessions
