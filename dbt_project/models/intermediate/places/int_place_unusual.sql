{{ config(
    materialized='incremental',
    meta={'touched_by': 'int_touched_windows', 'touched_key': 'place_id', 'touched_since': true}
) }}

{%- if var('catch_up') %}
-- What a day can find, of the windows that are judged anew.
select * from {{ part('fct_place_windows') }}
where calls >= {{ var('place_least_calls') }} and p <= {{ var('place_discovery_rate') }}

{%- else %}
-- What a day can find. Worked out beside fct_place_windows and not read from there: its other rows take longer to be
-- written than these to be worked out.
with windows as (

    {{ place_windows(least_calls=var('place_least_calls')) | indent(4) }}

)

select * from windows
where p <= {{ var('place_discovery_rate') }}
{%- endif %}
