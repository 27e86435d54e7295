{{ counted_by_day('inspections') }}

-- An inspection belongs to the station that held the directive when it was inspected.
with counted as (

    select
        station_id,
        {{ local_date('valid_from') }} as metric_date,
        is_failed::integer as numerator,
        1 as denominator
    from {{ ref('int_item_states') }}
    where
        {{ is_inspection() }}
        and {{ is_counted('inspections', metric_date=local_date('valid_from')) }}

)

{{ metric_rows('counted', days_of('directives', of='inspections'), ratio=true) }}
