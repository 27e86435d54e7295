{#- The named columns together are a key. NULL counts as a value: two rows with a NULL in the same place clash. -#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as n
from {{ model }}
group by {{ range(1, columns | length + 1) | join(', ') }}
having count(*) > 1
{% endtest %}
