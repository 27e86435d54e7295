"""``run``: everything a newcomer needs, in one command; and one Ctrl-C that ends all of it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import Annotated

import typer

from closedloop import warehouse
from closedloop.cli.children import child
from closedloop.cli.progress import say, step
from closedloop.errors import ClosedloopError
from closedloop.settings import PROJECT_ROOT, Settings, get_settings
from closedloop.transform.freshness import freshness
from closedloop.warehouse import embedded, get_info


class CannotRun(ClosedloopError):
    """Something stands in the way of the pages."""


def run(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Stop before the pages: server, demo city, build.")
    ] = False,
    trial: Annotated[
        bool, typer.Option("--trial", help="Look at files of your own, on this machine, without sign-in.")
    ] = False,
) -> None:
    """Start the warehouse, fill it with the demo city if it is empty, build what is due, and serve the pages.

    What is there is used: a second run serves within seconds. Ctrl-C (or SIGTERM) stops the pages and the
    embedded warehouse, unless another command is using that.
    """
    if trial:
        # In the environment, because the page server is a process of its own.
        os.environ["CLOSEDLOOP_TRIAL"] = "1"
    settings = get_settings()
    if settings.trial and not settings.embedded:
        raise CannotRun("--trial is for the embedded warehouse: a server needs a sign-in")
    began = time.monotonic()
    if not prepare:
        _require_free_port(settings)
    try:
        with warehouse.in_use(settings, say, stop_at_end=not prepare):
            _migrate(settings)
            if settings.embedded and _is_empty(settings):
                if settings.trial:
                    raise CannotRun(
                        f"the warehouse in {settings.home} holds nothing yet; load files of your own first: "
                        "python -m closedloop load incidents FILE"
                    )
                _ours("load-demo")
            _build_if_due(settings)
            if not prepare:
                _serve(settings, began)
    except KeyboardInterrupt:
        # The usual way to end it, and no failure.
        pass
    finally:
        _tell_end(settings)


def _tell_end(settings: Settings) -> None:
    if settings.embedded and embedded.status(settings).pid is not None:
        say("the embedded warehouse runs on: another command uses it, or it was started by: closedloop up")
    else:
        say("stopped")


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", settings.port))
        except OSError as error:
            typed = "python -m closedloop run --trial" if settings.trial else "make run"
            raise CannotRun(
                f"port {settings.port} is taken, perhaps by a Closedloop that is already running: open "
                f"{_address(settings)}, or choose another port: CLOSEDLOOP_PORT={settings.port + 1} {typed}"
            ) from error


def _migrate(settings: Settings) -> None:
    if not settings.embedded:
        # On a server migrating is a step somebody takes, not a side effect of looking at pages.
        warehouse.require_current(settings)
    elif not warehouse.is_current(settings):
        with step("migrating"):
            warehouse.migrate(settings)


def _is_empty(settings: Settings) -> bool:
    with warehouse.connect("loader", settings) as connection:
        row = connection.execute("select exists (select from ops.batches)").fetchone()
        return get_info(connection, "demo") == "loading" or row == (False,)


def _build_if_due(settings: Settings) -> None:
    state = freshness(settings)
    if state.due is None:
        return
    say(f"a build is due: {state.due}")
    try:
        _ours("build")
    except CannotRun:
        if state.published is None:
            raise
        say("the build failed; the pages show what was published before, and say so")


def _ours(command: str) -> None:
    """Run another of our commands in a process of its own: what it needs in memory goes with it."""
    with child(["-m", "closedloop", command]) as process:
        if process.wait() != 0:
            raise CannotRun(f"{command} failed (see above); mend it and run again, what was done is kept")


def _serve(settings: Settings, began: float) -> None:
    pages = ["-m", "streamlit", "run", "app.py", "--server.port", str(settings.port)]
    say("starting the pages")
    with child(pages, PROJECT_ROOT) as process:
        if _answers(process, settings):
            seconds = time.monotonic() - began
            say(f"ready after {seconds:.1f} s: {_address(settings)} (Ctrl-C stops everything)")
        code = process.wait()
    if code != 0:
        raise CannotRun(f"the page server ended by itself (exit code {code}); its last words are above")


def _answers(process: subprocess.Popen[bytes], settings: Settings) -> bool:
    """Wait until the page server is healthy; False when it ends instead."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{_address(settings)}/_stcore/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _address(settings: Settings) -> str:
    return f"http://localhost:{settings.port}"
