with source as (

    select * from {{ source('ops', 'builds') }}

),

renamed as (

    select

        ---------- ids
        build_id,
        last_batch_id,
        code_hash,

        ---------- outcome
        status,
        stage_failed,
        message,
        models,
        tests,
        tests_failed,
        seconds,

        ---------- timestamps
        started_at,
        finished_at,
        published_at

    from source

)

select * from renamed
