-- A member outside its catalogue would be a bar without a name; and members taken from whatever the exports
-- contain would make the table grow with the data.
with members as (

    select distinct
        dimension,
        member
    from {{ ref('fct_metric_daily') }}
    where dimension <> ''

),

known as (

    select 'category' as dimension, category as member from {{ ref('dim_categories') }}
    union
    select 'category', 'unclassified'
    union
    select 'severity', severity from {{ ref('dim_severities') }}
    union
    select 'severity', 'none'
    union
    select 'department', department_id from {{ ref('dim_departments') }}
    union
    select 'loop', loop from {{ ref('dim_loops') }}

)

select members.*
from members
left join known using (dimension, member)
where known.member is null
