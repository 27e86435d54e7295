"""The command line. Nothing heavy is imported before a command asks for it: see ``registry``."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

from closedloop.errors import ClosedloopError


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and exit: 0 done, 1 failed, 2 a sentence on stderr that says what to mend."""
    from closedloop.cli.registry import command_line

    # A supervisor's SIGTERM unwinds like Ctrl-C does, so the embedded server is stopped on the way out.
    signal.signal(signal.SIGTERM, _leave)
    try:
        command_line().main(args=arguments, prog_name="closedloop")
    except ClosedloopError as error:
        print(f"closedloop: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    sys.exit(0)


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)
