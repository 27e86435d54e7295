"""The names of things: stations, posts, stages, moves, colours, departments, targets, categories."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_NAMES = """
with targets as (
    select distinct on (loop, target)
        loop,
        target,
        target_name_zh,
        target_name_en
    from marts.dim_sla_policy
    order by loop, target, valid_from desc
),

named as (
    select 'station' as kind, station_id as id, bureau_id as parent, name_zh, name_en,
        kind as detail, sort_order
    from marts.dim_stations

    union all

    select 'bureau', bureau_id, parent_bureau_id, name_zh, name_en, null, sort_order
    from marts.dim_bureaus

    union all

    select 'post', post_id, station_id, name_zh, name_en, kind, null
    from marts.dim_posts

    union all

    select 'loop', loop, source_table, name_zh, name_en, closing_verb_zh, sort_order
    from marts.dim_loops

    union all

    select 'stage', loop || ':' || stage, loop, name_zh, name_en, actor, ordinal
    from marts.dim_loop_stages

    union all

    select 'move', move, null, name_zh, name_en, effect, null
    from marts.dim_moves

    union all

    select 'severity', severity, scheme, name_zh, name_en, symbol, severity_rank
    from marts.dim_severities

    union all

    select 'department', department_id, null, name_zh, name_en, null, sort_order
    from marts.dim_departments

    union all

    select 'category', category, kind, name_zh, name_en, null, sort_order
    from marts.dim_categories

    union all

    select 'target', loop || ':' || target, loop, target_name_zh, target_name_en, null, null
    from targets
)

select kind, id, parent, name_zh, name_en, detail, sort_order
from named
order by kind, sort_order nulls last, id
"""


def names(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """Every named thing the scope may see.

    One row per kind and id, in the fixed order of its kind (``sort_order``). ``parent``: a station's bureau,
    a post's station, a stage's or target's loop, a loop's source table. ``detail``: a stage's actor, a
    colour's symbol, a move's effect. Stations and posts are only those in scope; an empty frame means that no
    reference data has been built.
    """
    return read(scope, as_of, _NAMES)
