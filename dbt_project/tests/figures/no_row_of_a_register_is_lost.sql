-- The facts join their rows with the work items. A key that is put together differently in two places would let
-- rows fall out of every count without an error. Rows whose number another table gives too are left out by name.
-- A build that catches up counts what it tells anew: the rest was counted when it was told.
with kept as (

    select
        source_table,
        count(*) as items
    from {{ part('int_work_items') }}
    group by source_table

),

counted as (

    select
        'incidents' as source_table,
        (select items from kept where source_table = 'incidents') as staged,
        (select count(*) from {{ part('fct_incidents') }}) as published

    union all

    select
        'disputes',
        (select items from kept where source_table = 'disputes'),
        (select count(*) from {{ part('fct_disputes') }})

    union all

    select
        'directives',
        (select items from kept where source_table = 'directives'),
        (select count(*) from {{ part('fct_directives') }})

    union all

    select
        'diversions',
        (select items from kept where source_table = 'diversions'),
        (select count(*) from {{ part('fct_diversions') }})

)

select *
from counted
where coalesce(staged, 0) <> published
