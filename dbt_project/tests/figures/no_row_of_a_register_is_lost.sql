-- The facts join their rows with the work items. A key that is put together differently in two places would let
-- rows fall out of every count without an error.
with counted as (

    select
        'incidents' as source_table,
        (select count(*) from {{ ref('stg_incidents') }} where is_current) as staged,
        (select count(*) from {{ ref('fct_incidents') }}) as published

    union all

    select
        'disputes',
        (select count(*) from {{ ref('stg_disputes') }} where is_current),
        (select count(*) from {{ ref('fct_disputes') }})

    union all

    select
        'directives',
        (select count(*) from {{ ref('stg_directives') }} where is_current),
        (select count(*) from {{ ref('fct_directives') }})

    union all

    select
        'diversions',
        (select count(*) from {{ ref('stg_diversions') }} where is_current),
        (select count(*) from {{ ref('fct_diversions') }})

)

select *
from counted
where staged <> published
