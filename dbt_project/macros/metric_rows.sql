{#- The rows of one metric from what was counted.

    counted     name of a CTE: station_id, metric_date, numerator, and the columns named as dimensions;
                with ratio=true also denominator
    days        the days that have a figure: relation or CTE with station_id, metric_date
    dimensions  columns of counted that split the total; a member has a row only where it is not 0

    The total (dimension '', member '') has a row for every day in days, 0 written out: a missing row means
    that the day is not covered, and never that nothing happened. -#}
{% macro metric_rows(counted, days, dimensions=[], ratio=false) -%}
    {%- set denominator = 'sum(denominator)' if ratio else 'null' -%}
    {#- summed before days are joined to it: days are few, what is counted is not -#}
    select
        days.station_id,
        days.metric_date,
        ''::text as dimension,
        ''::text as member,
        coalesce(totals.numerator, 0)::double precision as numerator,
        {{ 'coalesce(totals.denominator, 0)' if ratio else 'null' }}::double precision as denominator
    from {{ days }} as days
    left join (
        select
            station_id,
            metric_date,
            sum(numerator) as numerator,
            {{ denominator }} as denominator
        from {{ counted }}
        group by station_id, metric_date
    ) as totals using (station_id, metric_date)
    {%- for dimension in dimensions %}

    union all

    select
        days.station_id,
        days.metric_date,
        '{{ dimension }}'::text as dimension,
        members.member::text as member,
        members.numerator::double precision as numerator,
        members.denominator::double precision as denominator
    from {{ days }} as days
    inner join (
        select
            station_id,
            metric_date,
            {{ dimension }} as member,
            sum(numerator) as numerator,
            {{ denominator }} as denominator
        from {{ counted }}
        group by station_id, metric_date, {{ dimension }}
        having sum(numerator) <> 0{% if ratio %} or sum(denominator) <> 0{% endif %}
    ) as members using (station_id, metric_date)
    {%- endfor -%}
{%- endmacro %}

{#- The configuration of a metric that a build which catches up counts anew for touched days alone (int_touched_days);
    ``of`` is what its days are days of. -#}
{% macro counted_by_day(of) -%}
    {{- config(materialized='incremental', meta={
        'touched_by': 'int_touched_days',
        'touched_key': ['station_id', 'metric_date'],
        'touched_if': "days_of = '" ~ of ~ "'",
    }) -}}
{%- endmacro %}

{#- Whether a station's day is to be counted, in such a metric. -#}
{% macro is_counted(of, station_id='station_id', metric_date='metric_date') -%}
    {%- if var('catch_up') -%}
    ({{ station_id }}, {{ metric_date }}) in (
        select
            touched.station_id,
            touched.metric_date
        from {{ ref('int_touched_days') }} as touched
        where touched.days_of = '{{ of }}'
    )
    {%- else -%}true{%- endif -%}
{%- endmacro %}

{#- Days on which a source table is covered at a station, in the shape metric_rows() takes; of a metric that is
    counted_by_day(of), those that are to be counted. -#}
{% macro days_of(source_table, of=none) -%}
    (
        select station_id, metric_date
        from {{ ref('int_covered_days') }}
        where source_table = '{{ source_table }}'{% if of %} and {{ is_counted(of) }}{% endif %}
    )
{%- endmacro %}

{#- Starting days of a cohort metric that are mature: covered from the start without a gap to the end of the
    last day that counts. maturity_days is the metric's own, from metrics.csv; ``of`` as in counted_by_day(). -#}
{% macro mature_days_of(source_table, metric_id, of=none) -%}
    (
        select
            days.station_id,
            days.metric_date,
            {{ local_midnight('days.metric_date + metrics.maturity_days + 1') }} as matures_at
        from {{ ref('int_covered_days') }} as days
        inner join {{ ref('metrics') }} as metrics on metrics.metric_id = '{{ metric_id }}'
        where
            days.source_table = '{{ source_table }}'
            and days.metric_date + metrics.maturity_days <= days.covered_through
            {%- if of %} and {{ is_counted(of, "days.station_id", "days.metric_date") }}{% endif %}
    )
{%- endmacro %}
