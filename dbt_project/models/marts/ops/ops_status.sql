-- Under the builders' lock at most one build runs: the one that makes this row. Asking for it here, and not being told
-- by a var, keeps dbt's parsed project valid from build to build. A run by hand belongs to no build: 0.
with build as (

    select
        build_id,
        started_at
    from {{ ref('stg_ops_builds') }}
    where status = 'running'

),

batches as (

    select max(batch_id) as last_batch_id
    from {{ ref('stg_ops_batches') }}

),

final as (

    select
        coalesce((select build_id from build), 0)::bigint as build_id,
        (select started_at from build) as built_at,
        {{ as_of() }} as default_as_of,
        batches.last_batch_id,
        coalesce(
            (
                select value = 'true'
                from {{ ref('stg_ops_warehouse_info') }}
                where key = 'demo'
            ),
            false
        ) as demo,
        '{{ var("time_zone") }}'::text as time_zone,

        -- Known only after the last test: the builder fills these in as it publishes.
        null::integer as tests,
        null::integer as tests_failed
    from batches

)

select * from final
