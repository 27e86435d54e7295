"""A file that is refused whole: one sentence says what is wrong, where, and how to mend it."""

from __future__ import annotations

from closedloop.errors import ClosedloopError


class RefusedFile(ClosedloopError):
    """Nothing of the file was loaded. ``str(error)`` is the English sentence, :attr:`zh` the Chinese one."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en, zh)
