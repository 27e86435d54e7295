with closings as (

    select
        station_id,
        {{ duty_day('valid_from') }} as duty_day,
        valid_from as closed_at
    from {{ ref('int_item_states') }}
    where kind = 'stage' and is_live and status = 'closed'

),

days as (

    select
        station_id,
        duty_day,
        {{ local_midnight('duty_day') }}
        + interval '{{ var("duty_day_start_hour") }} hours' as ends_at,
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
