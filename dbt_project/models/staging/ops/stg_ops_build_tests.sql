with source as (

    select * from {{ source('ops', 'build_tests') }}

),

renamed as (

    select

        ---------- ids
        build_id,
        test as test_name,
        model as tested_model,

        ---------- outcome
        status,
        failures,
        message

    from source

)

select * from renamed
