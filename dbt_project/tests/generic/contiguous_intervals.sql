{#- The half-open intervals [starts, ends) of each `of` follow one another without a gap or an overlap, none is empty,
    and only the last may be open. A moment after the first start would otherwise find two rows, or none. -#}
{% test contiguous_intervals(model, of, starts, ends) %}
with intervals as (

    select
        {{ of }},
        {{ starts }},
        {{ ends }},
        lead({{ starts }}) over (partition by {{ of }} order by {{ starts }}) as next_start
    from {{ model }}

)

select *
from intervals
where
    {{ ends }} <= {{ starts }}
    or (next_start is not null and {{ ends }} is distinct from next_start)
{% endtest %}
