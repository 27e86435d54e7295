-- The places whose windows are counted anew, and from when on: those of touched calls, now or before, those where time alone
-- changed something since the build that is gone on from, and, whole, those that are written otherwise. In a full build
-- there are none: it counts all.
{% if not var('catch_up') %}

select
    null::bigint as place_id,
    null::timestamptz as since
where false

{% else %}

{%- set earlier -%} least({{ as_of_before() }}, {{ as_of() }}) {%- endset %}
{%- set passed -%} between {{ earlier }} and greatest({{ as_of_before() }}, {{ as_of() }}) {%- endset %}
{#- A call that stood alone is a repeat when another one comes before it leaves the window. By that no row changes that was
    over before; caution, for it costs little. -#}
{%- set window = "interval '" ~ (var('place_window_days') | int + 1) ~ " days'" %}

with causes as (

    {% for rows in (part('int_place_calls'), part_before('int_place_calls')) %}
    select
        place_id,
        received_at - {{ window }} as since
    from {{ rows }}
    union all
    {% endfor %}
    select
        place_id,
        {{ earlier }} - {{ window }} as since
    from {{ ref('int_place_calls') }}
    where
        received_at {{ passed }}
        or leaves_at {{ passed }}
        or forgotten_at {{ passed }}
    union all
    select
        place_id,
        '-infinity' as since
    from (
        {{ differing('int_place_keys', 'place_id, station_id, written, spelling, place, place_type, is_home') }}
    ) as written_otherwise

)

select
    place_id,
    min(since) as since
from causes
group by place_id

{% endif %}
