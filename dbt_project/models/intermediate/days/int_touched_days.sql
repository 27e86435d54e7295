-- The days of a station that metrics are counted anew for: those of touched items, now or before, and those that have a
-- figure now and had none, or the other way round. In a full build there are none: it counts all.
{%- set sources = {
    'incidents': 'incidents',
    'disputes': 'disputes',
    'diversions': 'diversions',
    'handling': 'directives',
    'inspections': 'directives',
} %}
{% if not var('catch_up') %}

select
    null::text as days_of,
    null::text as station_id,
    null::date as metric_date
where false

{% else %}

{%- set touched = [
    ('incidents', 'fct_incidents', 'opening_station_id', 'received_at', 'true'),
    ('disputes', 'fct_disputes', 'opening_station_id', 'found_at', 'true'),
    ('diversions', 'fct_diversions', 'opening_station_id', 'sent_at', 'true'),
    ('handling', 'fct_sla_targets', 'station_id', 'started_at', is_handling()),
    ('inspections', 'int_item_states', 'station_id', 'valid_from', is_inspection()),
] %}
with days_of as (

    select * from (
        values
        {% for of, source_table in sources.items() -%}
        ('{{ of }}', '{{ source_table }}'){{ ',' if not loop.last }}
        {% endfor %}
    ) as named (days_of, source_table)

),

-- as a cohort of every length, and as a day of its own
maturities as (

    select distinct coalesce(maturity_days, 0) as days
    from {{ ref('metrics') }}

),

covered as (

    select
        source_table,
        station_id,
        metric_date,
        here.covered_through as through_here,
        there.covered_through as through_there
    from {{ ref('int_covered_days') }} as here
    full join {{ part_before('int_covered_days') }} as there using (source_table, station_id, metric_date)
    where here.covered_through is distinct from there.covered_through

),

other_days as (

    select distinct
        covered.source_table,
        covered.station_id,
        covered.metric_date
    from covered
    cross join maturities
    where
        coalesce(covered.metric_date + maturities.days <= covered.through_here, false)
        <> coalesce(covered.metric_date + maturities.days <= covered.through_there, false)

)

select
    days_of.days_of,
    other_days.station_id,
    other_days.metric_date
from other_days
inner join days_of using (source_table)
{% for of, model, station_id, moment, condition in touched %}
{% for rows in (part(model), part_before(model)) %}
union
select
    '{{ of }}',
    {{ station_id }},
    {{ local_date(moment) }}
from {{ rows }}
where {{ condition }}
{% endfor %}
{% endfor %}

{% endif %}
