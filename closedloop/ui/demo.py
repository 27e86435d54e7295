"""Whether the demo's identities are valid: only on the embedded warehouse, only while it holds the demo."""

from __future__ import annotations

from closedloop.queries.status import Published, published
from closedloop.settings import Settings
from closedloop.warehouse.scope import Scope

#: Sees what belongs to no station: enough to learn what is published, and not one case.
NOBODY = Scope.of_stations(["__signed_out__"], role="signed_out")


def demo_is_open(settings: Settings, status: Published) -> bool:
    """True when the demo's identities are valid here."""
    return settings.embedded and status.demo


def published_to_anybody() -> Published:
    """What is published, read without any right to a case. Raises like ``queries.status.published``."""
    return published(NOBODY)
