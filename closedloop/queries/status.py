"""What is published, how fresh it is, and what went wrong since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from closedloop.queries.reading import NOT_BUILT, NothingPublished, read_once
from closedloop.warehouse import LOAD_AND_BUILD
from closedloop.warehouse.scope import Scope

#: ``as_of`` of questions about the present state of publishing, which has no other moment.
NOW = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Published:
    """The build that answers, and the last attempt at another one."""

    build_id: int
    built_at: datetime
    default_as_of: datetime
    demo: bool
    time_zone: str
    tests: int
    tests_failed: int
    last_batch_id: int | None = None
    loaded_batch_id: int | None = None
    last_status: str | None = None
    last_started_at: datetime | None = None
    last_stage_failed: str | None = None
    last_loaded_at: datetime | None = None

    @property
    def failed_since(self) -> bool:
        """True when a build after the published one failed: the pages show the older one."""
        return self.last_status == "failed"

    @property
    def behind(self) -> bool:
        """True when files were loaded that the published build has not seen."""
        return (self.loaded_batch_id or 0) > (self.last_batch_id or 0)


_PUBLISHED = f"""
with last_build as (
    select
        case when killed then 'failed' else status end as status,
        started_at,
        case when killed then 'interrupted' else stage_failed end as stage_failed
    from status.builds
    -- A build holds the lock from its first moment to its last: one that says running without it was killed.
    cross join lateral (
        select
            status = 'running'
            and not exists (
                select from pg_locks
                where
                    locktype = 'advisory'
                    and granted
                    and objsubid = 1
                    and database = (select oid from pg_database where datname = current_database())
                    and (classid::bigint << 32) | objid::bigint = {LOAD_AND_BUILD}
            ) as killed
    ) as ending
    order by build_id desc
    limit 1
)

select
    published.build_id,
    published.built_at,
    published.default_as_of,
    published.demo,
    published.time_zone,
    published.tests,
    published.tests_failed,
    published.last_batch_id,
    loads.last_batch_id as loaded_batch_id,
    loads.last_loaded_at,
    last_build.status as last_status,
    last_build.started_at as last_started_at,
    last_build.stage_failed as last_stage_failed
from marts.ops_status as published
left join last_build on true
left join status.loads as loads on true
"""


def published(scope: Scope, as_of: datetime = NOW) -> Published:
    """The published build. One row; raises NothingPublished when there is none."""
    found = read_once(scope, as_of, _PUBLISHED)
    if not found:
        raise NothingPublished(NOT_BUILT)
    return Published(**found[0])
