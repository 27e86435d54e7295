"""Errors that are sentences: they name the thing, the place and the mend, and are shown as they are."""

from __future__ import annotations


class ClosedloopError(Exception):
    """Something a person can mend. The message is all they see; the command line exits with 2."""

    exit_code = 2

    #: The same sentence in Chinese, where there is one.
    zh: str | None = None

    def __init__(self, en: str = "", zh: str | None = None) -> None:
        super().__init__(en)
        self.zh = zh
