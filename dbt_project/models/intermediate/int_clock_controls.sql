{{ config(materialized='ephemeral') }}

-- What moves a running clock: suspensions and resumptions of the item, and extensions.
with states as (

    select
        item_key,
        event_seq,
        valid_from as happened_at,
        is_suspended,
        lag(is_suspended, 1, false) over (partition by item_key order by event_seq) as was_suspended,
        effect,
        event_due_at
    from {{ part('int_item_states') }}

),

controls as (

    select
        item_key,
        event_seq,
        happened_at,
        case
            when is_suspended and not was_suspended then 'pause'
            when was_suspended and not is_suspended then 'resume'
            else 'extend'
        end as control,
        case when effect = 'extend' then event_due_at end as new_due_at
    from states
    where
        is_suspended <> was_suspended
        or (effect = 'extend' and event_due_at is not null)

)

select * from controls
