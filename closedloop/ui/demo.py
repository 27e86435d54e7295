"""As whom one may look without a password: only on the embedded warehouse, at the demo or in a trial."""

from __future__ import annotations

from closedloop.queries.status import Published, published
from closedloop.settings import Settings
from closedloop.ui.identity import DEMO_IDENTITIES, Identity
from closedloop.warehouse.scope import Scope

#: Sees what belongs to no station: enough to learn what is published, and not one case.
NOBODY = Scope.nowhere("signed_out")


def open_identities(settings: Settings, status: Published) -> dict[str, Identity]:
    """The identities valid here, by name; none where a sign-in is needed.

    The demo has all of them. In a trial (``run --trial``) somebody looks at files of their own on their own
    machine: as those who see every station, since nobody can say which station's head sits there.
    """
    if not settings.embedded or settings.issuer is not None:
        return {}
    if status.demo:
        return DEMO_IDENTITIES
    if settings.trial:
        return {who: identity for who, identity in DEMO_IDENTITIES.items() if identity.scope.sees_all}
    return {}


def published_to_anybody() -> Published:
    """What is published, read without any right to a case. Raises like ``queries.status.published``."""
    return published(NOBODY)
