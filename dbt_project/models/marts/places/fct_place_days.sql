{{ config(
    indexes=[
        {'columns': ['place_id', 'category', 'judged_on'], 'unique': True},
        {'columns': ['judged_on']},
    ]
) }}

-- A p above the rate cannot be found by Benjamini–Hochberg, nor change the q of what is found.
with unusual as (

    select
        *,
        {{ local_date('valid_from') }} as first_on,
        {{ local_date('coalesce(valid_to, ' ~ as_of() ~ ')') }} - 1 as last_on
    from {{ ref('int_place_unusual') }}
    where {{ local_date('valid_from') }} < {{ local_date('coalesce(valid_to, ' ~ as_of() ~ ')') }}

),

unusual_days as (

    select
        first_on,
        last_on,
        count(*) as spans
    from unusual
    group by first_on, last_on

),

dated as (

    -- every place × category known by the end of a day was looked at, also the quiet ones
    select
        first_on as judged_on,
        sum(places) as pairs,
        0 as candidates
    from {{ ref('int_place_firsts') }}
    group by first_on

    union all

    select
        first_on,
        0,
        spans
    from unusual_days

    union all

    select
        last_on + 1,
        0,
        -spans
    from unusual_days

),

looked_at as (

    select
        judged_on,
        sum(sum(pairs)) over (order by judged_on) as tests,
        sum(sum(candidates)) over (order by judged_on) as candidates
    from dated
    group by judged_on

),

-- What is found has p <= rank / tests × rate, and no rank is greater than the number of candidates. A thousandth more,
-- so that nothing hangs on the last digit.
bounded as (

    select
        day::date as judged_on,
        spans.tests::bigint as tests,
        (1.001 * {{ var('place_discovery_rate') }} * spans.candidates / spans.tests)::double precision as greatest_p
    from (
        select
            *,
            lead(judged_on) over (order by judged_on) - 1 as last_on
        from looked_at
    ) as spans
    cross join lateral generate_series(spans.judged_on, spans.last_on, interval '1 day') as day
    where spans.candidates > 0

),

candidates as (

    select
        unusual.*,
        day::date as judged_on
    from unusual
    cross join lateral generate_series(first_on::timestamp, last_on::timestamp, interval '1 day') as day
    where unusual.p <= (select max(greatest_p) from bounded)

),

ranked as (

    select
        candidates.*,
        bounded.tests,
        row_number() over (partition by candidates.judged_on order by candidates.p) as rank
    from candidates
    inner join bounded using (judged_on)
    where candidates.p <= bounded.greatest_p

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
    is_small_home
from adjusted
where q <= {{ var('place_discovery_rate') }}
