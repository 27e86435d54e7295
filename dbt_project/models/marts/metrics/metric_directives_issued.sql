with counted as (

    select
        opening_station_id as station_id,
        {{ local_date('issued_at') }} as metric_date,
        coalesce(severity_at_issue, 'none') as severity,
        1 as numerator
    from {{ ref('fct_directives') }}
    where stands_at_end_of_first_day

)

{{ metric_rows('counted', days_of('directives'), dimensions=['severity']) }}
