"""What can be wrong with a warehouse."""

from __future__ import annotations

from closedloop.errors import ClosedloopError


class WarehouseError(ClosedloopError):
    """The warehouse cannot be used as it is; the message says what to change."""


class WarehouseUnavailable(WarehouseError):
    """Nothing answers at the warehouse's address. Pages show the sentence and retry."""
