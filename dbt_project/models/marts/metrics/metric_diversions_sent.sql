with counted as (

    select
        opening_station_id as station_id,
        {{ local_date('sent_at') }} as metric_date,
        department_id as department,
        1 as numerator
    from {{ ref('fct_diversions') }}
    where stands_at_end_of_first_day

)

{{ metric_rows('counted', days_of('diversions'), dimensions=['department']) }}
