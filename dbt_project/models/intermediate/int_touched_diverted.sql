-- The incidents of which it is asked anew whether they were diverted: touched ones, and those that a touched diversion
-- comes from or came from. Empty in a full build.
with diversions as (

    {% if var('catch_up') %}
    select incident_id from {{ part('fct_diversions') }}
    union
    select incident_id from {{ part_before('fct_diversions') }}
    {% else %}
    select incident_id from {{ ref('fct_diversions') }}
    where false
    {% endif %}

)

select work_item_id from {{ ref('int_touched_items') }}
union
select work_item_id from {{ ref('fct_incidents') }}
where incident_id in (select diversions.incident_id from diversions)
