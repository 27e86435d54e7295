"""Errors that are sentences: they name the thing, the place and the mend, and are shown as they are."""

from __future__ import annotations


class ClosedloopError(Exception):
    """Something a person can mend. The message is all they see; the command line exits with 2."""

    exit_code = 2
