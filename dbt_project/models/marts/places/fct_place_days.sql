{{ config(
    indexes=[
        {'columns': ['place_id', 'category', 'judged_on'], 'unique': True},
        {'columns': ['judged_on']},
    ]
) }}

-- A p above the rate cannot be found by Benjamini–Hochberg, nor change the q of what is found.
with candidates as (

    select
        windows.*,
        day::date as judged_on
    from {{ ref('fct_place_windows') }} as windows
    cross join lateral generate_series(
        {{ local_date('windows.valid_from') }}::timestamp,
        {{ local_date('coalesce(windows.valid_to, ' ~ as_of() ~ ')') }}::timestamp - interval '1 day',
        interval '1 day'
    ) as day
    where windows.p <= {{ var('place_discovery_rate') }}

),

-- Every place × category known by the end of a day was looked at, also the quiet ones.
pairs as (

    select min(valid_from) as first_at
    from {{ ref('int_place_spans') }}
    group by place_id, category

),

new_pairs as (

    select
        {{ local_date('first_at') }} as judged_on,
        1 as pairs
    from pairs

    union all

    select
        judged_on,
        0
    from candidates

),

looked_at as (

    select
        judged_on,
        (sum(sum(pairs)) over (order by judged_on))::bigint as tests
    from new_pairs
    group by judged_on

),

ranked as (

    select
        candidates.*,
        looked_at.tests,
        row_number() over (partition by judged_on order by candidates.p) as rank
    from candidates
    inner join looked_at using (judged_on)

),

adjusted as (

    select
        *,
        least(
            1,
            min(p * tests / rank) over (
                partition by judged_on order by rank desc
                rows between unbounded preceding and current row
            )
        ) as q
    from ranked

)

select
    place_id,
    station_id,
    category,
    judged_on,
    {{ local_midnight('judged_on + 1') }} as judged_at,
    calls,
    merged_calls,
    callers,
    history_calls,
    history_days,
    shape,
    rate,
    expected,
    p,
    q,
    tests,
    q <= {{ var('place_discovery_rate') }} as is_beyond,
    is_small_home
from adjusted
