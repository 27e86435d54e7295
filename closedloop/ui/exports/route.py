"""``/download/<list>.<csv|xlsx>``: only for the signed-in, in their scope, made anew at every request."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from closedloop.access import Person
from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui import visit as visits
from closedloop.ui.admission import admit, proven
from closedloop.ui.demo import published_to_anybody
from closedloop.ui.exports.csv_file import csv_lines
from closedloop.ui.exports.model import Export, Exported
from closedloop.ui.exports.registry import EXPORTS
from closedloop.ui.exports.workbook import workbook
from closedloop.ui.freshness import freshness_facts
from closedloop.ui.language import texts_for
from closedloop.ui.names import known_names
from closedloop.ui.signin import identity_name, kind_of_data
from closedloop.ui.traced import trace
from closedloop.ui.visit import Visit

ROW_LIMIT = 100_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_log = logging.getLogger("closedloop.pages")


class RequestParams:
    """A request's query with the interface of a page's."""

    def __init__(self, query: QueryParams) -> None:
        self._query = query

    def get(self, key: str, /) -> str | None:
        """The last value."""
        return self._query.get(key)

    def get_all(self, key: str, /) -> list[str]:
        """All values."""
        return self._query.getlist(key)


def _heading(visit: Visit, export: Export, made: Exported) -> list[tuple[str, str]]:
    t, texts, names = visit.t, visit.texts, visit.names
    one = visit.station or visit.identity.station_id
    asked = (one,) if one else made.stations
    published = visit.published
    count = texts.number(len(made.frame))
    return [
        (t("Closedloop"), export.title(visit)),
        (t("For"), identity_name(visit.identity, texts, names)),
        (t("Made at"), texts.moment(datetime.now(UTC))),
        (t("As of"), texts.moment(visit.as_of)),
        *freshness_facts(texts, published),
        (t("Station"), t(", ").join(map(names.station, asked)) or t("All stations")),
        (t("Filters"), " · ".join(made.filters) or "—"),
        (t("Build"), texts.number(published.build_id)),
        (
            t("Rows"),
            t("{count}, cut here: narrow the filters for the rest", count=count)
            if len(made.frame) >= ROW_LIMIT
            else count,
        ),
        *([(t("Note"), note)] if (note := kind_of_data(visit)) else []),
    ]


def _answer(person: Person, export: Export, form: str, params: RequestParams) -> Response:
    settings = get_settings()
    status = published_to_anybody()
    identity = admit(person, status, settings).identity
    if identity is None:
        return PlainTextResponse("Sign in first.", status_code=401)
    if not identity.scope.sees_cases:
        return PlainTextResponse("Not for you.", status_code=403)
    texts = texts_for(params.get("lang") or "zh", settings.zone)
    names = known_names(identity.scope, status.build_id, status.default_as_of, texts)
    visit = visits.make(identity, texts, status, names, params, settings)
    made = export.make(visit, params, ROW_LIMIT)
    heading = _heading(visit, export, made)
    header = [made.labels[column] for column in made.frame.columns]
    trace(
        "export",
        identity,
        list=export.key,
        form=form,
        rows=len(made.frame),
        filters=" · ".join(made.filters),
        station=visit.station,
        as_of=visit.as_of.isoformat(),
    )
    title = export.title(visit)
    name = f"{title}_{visit.as_of.astimezone(texts.zone):%Y%m%d_%H%M}.{form}"
    headers = {
        "content-disposition": f"attachment; filename={export.key}.{form}; filename*=UTF-8''{quote(name)}",
        "cache-control": "no-store",
    }
    if form == "xlsx":
        return Response(workbook(title, heading, header, made.frame), media_type=XLSX, headers=headers)
    return StreamingResponse(
        csv_lines(heading, header, made.frame), media_type="text/csv; charset=utf-8", headers=headers
    )


async def download(request: Request) -> Response:
    """A list as a file; 401 without a session, 404 for no such list, 503 without a warehouse."""
    person = proven(request.cookies, request.headers, get_settings())
    if person is None:
        return PlainTextResponse("Sign in first.", status_code=401)
    export = EXPORTS.get(request.path_params["key"])
    form = request.path_params["form"]
    if export is None or form not in ("csv", "xlsx"):
        return PlainTextResponse("There is no such list.", status_code=404)
    try:
        return await run_in_threadpool(_answer, person, export, form, RequestParams(request.query_params))
    except ClosedloopError as error:
        # The reason names paths: it is for the log.
        _log.warning("no download can be made: %s", error)
        return PlainTextResponse("The warehouse does not answer. Try again in a moment.", status_code=503)


download_route = Route("/download/{key}.{form}", download)
