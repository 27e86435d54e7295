{{ config(materialized='incremental', indexes=[{'columns': ['item_key']}]) }}

-- How every item stands at the default as_of; one that opens after it, as it stands at its opening.
with moment as (

    select {{ as_of() }} as as_of

),

items as (

    select
        items.item_key,
        greatest(moment.as_of, items.opened_at) as judged_at
    from {{ part('int_work_items') }} as items
    cross join moment

),

missing as (

    select * from {{ part('int_missing_stages') }}

),

present as (

    select
        states.*,
        coalesce(missing.missing_stages, '') as missing_stages
    from items
    inner join {{ part('int_item_states') }} as states
        on items.item_key = states.item_key
        and states.valid_from <= items.judged_at
        and (states.valid_to is null or states.valid_to > items.judged_at)
    left join missing
        on states.item_key = missing.item_key
        and states.event_seq >= missing.from_seq
        and (missing.until_seq is null or states.event_seq < missing.until_seq)

)

select * from present
