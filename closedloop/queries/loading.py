"""What came in, what was refused, how fresh each source is, and how the builds went."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_FRESHNESS = """
select
    coverage.station_id,
    coverage.source_table,
    coverage.covered_from,
    case when coalesce(coverage.covered_from <= :as_of, true) then coverage.known_until end as known_until,
    coalesce(coverage.known_until < :as_of or coverage.covered_from > :as_of, true) as is_unreported,
    coverage.last_batch_id
from marts.ops_coverage as coverage
left join marts.dim_stations as stations
    on coverage.station_id = stations.station_id
where cast(:station as text) is null or coverage.station_id = :station
order by coverage.source_table, stations.sort_order nulls last, coverage.station_id
"""


def freshness(scope: Scope, as_of: datetime, station: str | None = None) -> pd.DataFrame:
    """Until when each source is completely known, per station.

    One row per station × source table in the bureau's fixed order. ``is_unreported`` is true when the source
    is not known up to the moment (未报). A source that begins after the moment is unreported as well, and its
    ``known_until`` is None: of the time before it nothing is known. An empty frame means that no load has
    declared what it covers.
    """
    return read(scope, as_of, _FRESHNESS, {"station": station})


_BATCHES = """
select
    batch_id,
    source_table,
    source_file,
    mapping,
    extract,
    loaded_by,
    rows_read,
    rows_accepted,
    rows_unchanged,
    rows_quarantined,
    rows_retracted,
    rows_derived_events,
    rows_read = rows_accepted + rows_unchanged + rows_quarantined as reconciles,
    covers_from,
    covers_until,
    started_at,
    finished_at,
    warnings
from marts.ops_batches
order by batch_id desc
limit :row_limit
"""


def batches(scope: Scope, as_of: datetime, row_limit: int = 200) -> pd.DataFrame:
    """The last loads, newest first, and whether their rows add up: read = accepted + unchanged + quarantined.

    One row per file loaded. Empty for a scope that is not the whole city.
    """
    return read(scope, as_of, _BATCHES, {"row_limit": row_limit})


_BATCH_TOTALS = """
select
    source_table,
    count(*) as files,
    sum(rows_read) as rows_read,
    sum(rows_accepted) as rows_accepted,
    sum(rows_unchanged) as rows_unchanged,
    sum(rows_quarantined) as rows_quarantined,
    sum(rows_retracted) as rows_retracted,
    sum(rows_derived_events) as rows_derived_events,
    count(*) filter (where rows_read <> rows_accepted + rows_unchanged + rows_quarantined) as unreconciled,
    max(finished_at) as last_finished_at
from marts.ops_batches
group by source_table
order by source_table
"""


def batch_totals(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """All loads ever, added up. One row per table. Empty for a scope that is not the whole city."""
    return read(scope, as_of, _BATCH_TOTALS)


_QUARANTINE = """
select
    quarantine_id,
    batch_id,
    source_table,
    source_file,
    source_row,
    station_id,
    status,
    reasons,
    masked_row,
    created_at,
    resolved_at,
    count(*) over () as all_rows
from marts.ops_quarantine
where (cast(:station as text) is null or station_id = :station)
    and (cast(:status as text) is null or status = :status)
order by quarantine_id desc
limit :row_limit
"""


def quarantine(
    scope: Scope,
    as_of: datetime,
    station: str | None = None,
    status: str | None = "open",
    row_limit: int = 500,
) -> pd.DataFrame:
    """Rows that were refused (待修正数据), newest first, with every reason and the masked content.

    One row per refused row; ``all_rows`` counts them before the limit. An empty frame means that none is left
    to mend.
    """
    return read(scope, as_of, _QUARANTINE, {"station": station, "status": status, "row_limit": row_limit})


_REASONS = """
select
    quarantined.source_table,
    reason.code,
    reason.field,
    max(reason.message_zh) as message_zh,
    max(reason.message_en) as message_en,
    count(*) as refused_rows
from marts.ops_quarantine as quarantined
cross join lateral jsonb_to_recordset(quarantined.reasons)
    as reason (code text, field text, message_zh text, message_en text)
where quarantined.status = 'open'
    and (cast(:station as text) is null or quarantined.station_id = :station)
group by quarantined.source_table, reason.code, reason.field
order by refused_rows desc, quarantined.source_table, reason.code
"""


def quarantine_reasons(scope: Scope, as_of: datetime, station: str | None = None) -> pd.DataFrame:
    """Why rows wait to be mended. One row per table × code × field, most frequent first; a row may have
    several."""
    return read(scope, as_of, _REASONS, {"station": station})


_BUILDS = """
select
    build_id,
    status,
    started_at,
    finished_at,
    stage_failed,
    message,
    last_batch_id,
    extract(epoch from finished_at - started_at) as seconds,
    is_full,
    went_on_from,
    touched_items
from status.builds
order by build_id desc
limit :row_limit
"""


def builds(scope: Scope, as_of: datetime, row_limit: int = 20) -> pd.DataFrame:
    """The last builds, newest first, failed ones and one in progress included. ``seconds``: how long it
    took. ``is_full``: everything was made anew; else the rows of ``went_on_from`` were kept, but for
    ``touched_items``; empty where that is not known."""
    return read(scope, as_of, _BUILDS, {"row_limit": row_limit})


_TESTS = """
select
    build_id,
    test_name,
    tested_model,
    status,
    failures,
    message
from marts.ops_build_tests
order by status <> 'pass' desc, tested_model, test_name
"""


def build_tests(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """The data tests of past builds, failed ones first. Empty for a scope that is not the whole city."""
    return read(scope, as_of, _TESTS)
