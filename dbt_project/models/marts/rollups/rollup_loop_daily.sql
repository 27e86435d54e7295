{{ config(
    indexes=[
        {'columns': ['metric_date', 'loop', 'station_id']},
        {'columns': ['station_id', 'loop', 'metric_date']},
    ]
) }}

with changes as (

    select * from {{ ref('int_cell_changes') }}

),

-- How a cell stands from each of its changes up to the day before the next one.
standing as (

    select
        *,
        sum(entered_items - left_items) over cell as open_items,
        sum(overdue_items_change) over cell as overdue_items,
        sum(overdue_targets_change) over cell as overdue_targets,
        lead(changed_on) over cell as next_change_on
    from changes
    window cell as (
        partition by cell_key order by changed_on
    )

),

covered as (

    select
        loops.loop,
        days.station_id,
        days.metric_date
    from {{ ref('int_covered_days') }} as days
    inner join {{ ref('loops') }} as loops using (source_table)

),

horizon as (

    select max(metric_date) as last_day from covered

),

-- An empty cell needs no row until its next change, or the table would grow with days that say nothing.
-- Materialized: otherwise every covered day is paired with every change before the days are drawn up.
days as materialized (

    select
        standing.*,
        day::date as metric_date
    from standing
    cross join horizon
    cross join lateral generate_series(
        standing.changed_on,
        case
            when standing.open_items = 0 and standing.overdue_targets = 0
                then standing.changed_on
            else coalesce(standing.next_change_on - 1, horizon.last_day)
        end,
        interval '1 day'
    ) as day
    where standing.changed_on <= horizon.last_day

),

final as (

    select
        days.station_id,
        days.loop,
        days.stage,
        days.severity,
        days.metric_date,
        days.open_items::bigint as open_items,
        days.overdue_items::bigint as overdue_items,
        days.overdue_targets::bigint as overdue_targets,
        case when days.metric_date = days.changed_on then days.opened_items else 0 end as opened_items,
        case when days.metric_date = days.changed_on then days.entered_items else 0 end as entered_items,
        case when days.metric_date = days.changed_on then days.left_items else 0 end as left_items,
        case when days.metric_date = days.changed_on then days.closed_items else 0 end as closed_items,
        case when days.metric_date = days.changed_on then days.cancelled_items else 0 end as cancelled_items
    from days
    inner join covered using (loop, station_id, metric_date)

)

select * from final
