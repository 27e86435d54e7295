"""``refresh``: the inbox loaded, what is due built and published; made to be called by a timer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.cli.progress import say
from closedloop.refresh import Budget
from closedloop.refresh.run import refresh as refresh_all
from closedloop.settings import Settings, get_settings


def refresh(
    budget: Annotated[
        float,
        typer.Option("--budget", min=0, help="Seconds it may take; what is not finished then is stopped."),
    ] = 600,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a file that has any bad row.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say everything as JSON, one object per line, on stdout.")
    ] = False,
) -> None:
    """Load what is new in the inbox, build when a build is due, and publish.

    Files go to done/ or failed/ in the inbox, each with a report. Killed or started twice, it does no harm;
    the next one completes what is left. Exits with 0 when all is done (or nothing was), 1 when the build
    failed and the published figures stand, 2 when a file failed or a sentence says what to mend, 3 when time
    was up before the work was, 4 when another refresh is at work.
    """
    settings = get_settings()
    time = Budget(budget)
    tell = _Teller(settings, as_json)
    with warehouse_in_shape(settings):
        outcome = refresh_all(settings, budget=time, tell=tell, strict=strict)
    if as_json:
        tell("end", outcome.sentence, **outcome.as_json())
    else:
        print(outcome.sentence)
    raise typer.Exit(outcome.exit_code)


class _Teller:
    """Sentences on stderr; or JSON lines on stdout, for a log that is read by a program."""

    def __init__(self, settings: Settings, as_json: bool) -> None:
        self._zone = settings.zone
        self._as_json = as_json

    def __call__(self, event: str, text: str, **facts: Any) -> None:
        if not self._as_json:
            say(text)
            return
        at = datetime.now(self._zone).isoformat(timespec="milliseconds")
        print(json.dumps({"at": at, "event": event, "text": text, **facts}, ensure_ascii=False), flush=True)
