"""Downloads: only for the signed-in, in their scope, and saying what they are.

The framework's own download addresses ask nobody who they are. So a file is made here, on a route that reads
the cookie again and puts the question again; nothing is stored.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pandas as pd
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from closedloop.errors import ClosedloopError
from closedloop.queries.standing import open_items
from closedloop.settings import get_settings
from closedloop.ui import visit as visits
from closedloop.ui.demo import open_identities, published_to_anybody
from closedloop.ui.identity import COOKIE, Identity, sessions
from closedloop.ui.language import texts_for
from closedloop.ui.names import known_names
from closedloop.ui.open_list import (
    OpenChoice,
    active_filters,
    column_labels,
    display_frame,
    read_choice,
    view_label,
)
from closedloop.ui.signin import identity_name
from closedloop.ui.visit import Visit

#: What a spreadsheet would take for a formula.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
ROW_LIMIT = 100_000
_log = logging.getLogger("closedloop.pages")
BOM = "\ufeff"


class Params:
    """A request's query with the interface of a page's."""

    def __init__(self, query: QueryParams) -> None:
        self._query = query

    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value."""
        return self._query.get(name, default)

    def get_all(self, name: str) -> list[str]:
        """All values."""
        return self._query.getlist(name)


def safe_cell(value: object) -> str:
    """A cell no spreadsheet executes: text that looks like a formula gets an apostrophe before it."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    text = str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def csv_lines(heading: list[tuple[str, str]], header: list[str], frame: pd.DataFrame) -> Iterator[str]:
    """A CSV with a byte-order mark, its heading lines, an empty line, the header and the rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BOM
    for pair in heading:
        writer.writerow([safe_cell(part) for part in pair])
    writer.writerow([])
    writer.writerow([safe_cell(name) for name in header])
    for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
        writer.writerow([safe_cell(value) for value in row])
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _heading(visit: Visit, choice: OpenChoice, rows: int) -> list[tuple[str, str]]:
    t, texts, names = visit.t, visit.texts, visit.names
    whose = visit.identity.station_id
    shown = names.station(visit.station or visit.identity.station_id)
    parts = [view_label(visit, choice.view), *active_filters(visit, choice)]
    return [
        (t("Closedloop"), t("Open and overdue")),
        (t("For"), identity_name(visit.identity, texts, whose and names.station(whose))),
        (t("Made at"), texts.moment(datetime.now(UTC))),
        (t("As of"), texts.moment(visit.as_of)),
        (t("Station"), t("All stations") if shown == "—" else shown),
        (t("Filters"), " · ".join(parts)),
        (t("Build"), f"{visit.published.build_id} ({texts.moment(visit.published.built_at)})"),
        (t("Rows"), str(rows)),
        (
            t("Note"),
            t("Demo: synthetic data of a fictional city")
            if visit.published.demo
            else t("Trial on this machine, without sign-in"),
        ),
    ]


def _open_csv(identity: Identity, params: Params) -> Response:
    settings = get_settings()
    status = published_to_anybody()
    if identity.who not in open_identities(settings, status):
        return PlainTextResponse("Nobody can sign in here.", status_code=401)
    texts = texts_for(params.get("lang") or "zh", settings.zone)
    names = known_names(identity.scope, status.build_id, status.default_as_of, texts)
    visit = visits.make(identity, texts, status, names, params, settings)
    choice = read_choice(params, visit)
    frame = open_items(visit.scope, visit.as_of, choice.wanted, ROW_LIMIT)
    table = display_frame(visit, frame)
    labels = column_labels(visit)
    lines = csv_lines(_heading(visit, choice, len(table)), [labels[c] for c in table.columns], table)
    name = f"{texts.t('Open and overdue')}_{visit.as_of.astimezone(texts.zone):%Y%m%d_%H%M}.csv"
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f"attachment; filename=open.csv; filename*=UTF-8''{quote(name)}",
            "cache-control": "no-store",
        },
    )


async def download_open(request: Request) -> Response:
    """The open list as CSV, through the same filters as the page that links here."""
    identity = sessions(get_settings()).read(request.cookies.get(COOKIE))
    if identity is None:
        return PlainTextResponse("Sign in first.", status_code=401)
    try:
        return await run_in_threadpool(_open_csv, identity, Params(request.query_params))
    except ClosedloopError as error:
        # The reason names paths: it is for the log.
        _log.warning("no download can be made: %s", error)
        return PlainTextResponse("The warehouse does not answer. Try again in a moment.", status_code=503)


download_route = Route("/download/open.csv", download_open)
