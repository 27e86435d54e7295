{#- Every row satisfies the expression; NULL counts as not satisfied. -#}
{% test expression_holds(model, expression) %}
select *
from {{ model }}
where ({{ expression }}) is not true
{% endtest %}
