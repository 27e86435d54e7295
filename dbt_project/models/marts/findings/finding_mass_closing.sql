{{ config(meta={
    'item': '(station_id, found_at)',
    'touched_by': 'int_touched_moments',
    'touched_key': 'station_id, duty_day_ends_at',
}) }}

with closings as (

    {% if var('catch_up') -%}
    select
        days.station_id,
        days.duty_day,
        states.valid_from as closed_at
    from (
        select distinct
            station_id,
            duty_day,
            duty_day_ends_at
        from {{ ref('int_touched_moments') }}
    ) as days
    -- looked up day by day; the width leaves room for a change of the clocks
    cross join lateral (
        select stored.valid_from
        from {{ ref('int_item_states') }} as stored
        where
            {{ is_answer('stored') }}
            and stored.status = 'closed'
            and stored.station_id = days.station_id
            and stored.valid_from >= days.duty_day_ends_at - interval '27 hours'
            and stored.valid_from < days.duty_day_ends_at + interval '3 hours'
        offset 0
    ) as states
    where {{ duty_day('states.valid_from') }} = days.duty_day
    {%- else -%}
    select
        station_id,
        {{ duty_day('valid_from') }} as duty_day,
        valid_from as closed_at
    from {{ ref('int_item_states') }}
    where {{ is_answer() }} and status = 'closed'
    {%- endif %}

),

days as (

    select
        station_id,
        duty_day,
        {{ duty_day_end('duty_day') }} as ends_at,
        closed_at
    from closings

),

counted as (

    select
        station_id,
        duty_day,
        ends_at,
        count(*) as closed,
        count(*) filter (where closed_at >= ends_at - interval '30 minutes') as closed_at_the_end
    from days
    group by station_id, duty_day, ends_at

)

select
    null::text as work_item_id,
    station_id,
    null::text as loop,
    ends_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    station_id || ':' || duty_day as subject_key,
    jsonb_build_object('closed', closed, 'at_the_end', closed_at_the_end) as detail
from counted
where
    closed_at_the_end >= 10
    -- a third of a day's closings in a forty-eighth of the day
    and closed_at_the_end * 3 >= closed
