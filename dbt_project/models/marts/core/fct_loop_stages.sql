{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["work_item_id", "valid_from"], "unique": true},
            {"columns": ["station_id", "valid_from"]},
            {"columns": ["loop", "stage"]},
            {"columns": ["lasting", "valid_from"]},
        ]
    )
}}

with states as (

    select * from {{ part('int_item_states') }}
    -- of several events at one instant the last one wins
    where valid_to is null or valid_to > valid_from

),

items as (

    select item_key, item_id from {{ part('int_work_items') }}

),

missing as (

    select * from {{ part('int_missing_stages') }}

),

final as (

    select

        ---------- ids
        states.work_item_id,
        states.loop,
        items.item_id,
        row_number() over (partition by states.item_key order by states.event_seq)::integer as state_no,
        states.station_id,

        ---------- when
        states.valid_from,
        states.valid_to,
        case
            when not states.is_open then null
            when states.valid_to <= states.valid_from + interval '1 day' then 1
            when states.valid_to <= states.valid_from + interval '8 days' then 8
            when states.valid_to <= states.valid_from + interval '64 days' then 64
            else 0
        end as lasting,

        ---------- where it stands
        states.stage,
        states.stage_entered_at,
        states.is_open,
        states.status,
        states.severity,

        ---------- in whose hands
        states.holder_kind,
        states.holder_id,
        states.department_id,
        states.post_id,

        ---------- how it goes
        states.outcome,
        states.next_stage,
        states.is_returned,
        string_to_array(coalesce(missing.missing_stages, ''), ',') as missing_stages,
        states.cause
    from states
    inner join items on states.item_key = items.item_key
    left join missing
        on states.item_key = missing.item_key
        and states.event_seq >= missing.from_seq
        and (missing.until_seq is null or states.event_seq < missing.until_seq)

)

select * from final
-- What is asked for lies together: a moment's open items come from a few pages, a day's items from the last ones.
order by lasting, valid_from
