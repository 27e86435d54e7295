with reopenings as (

    select
        work_item_id,
        effective_at
    from {{ part('int_item_events') }}
    where effect = 'reopen'

)

select
    disputes.work_item_id,
    disputes.station_id,
    disputes.loop,
    greatest(disputes.concluded_at, disputes.found_at) as found_at,
    (
        select min(reopenings.effective_at)
        from reopenings
        where
            disputes.work_item_id = reopenings.work_item_id
            and reopenings.effective_at > disputes.concluded_at
    ) as mended_at,
    false as is_silence,
    'outcome' as subject_key,
    jsonb_build_object('concluded_at', disputes.concluded_at) as detail
from {{ part('fct_disputes') }} as disputes
where disputes.outcome = 'stabilised' and disputes.concluded_at is not null
