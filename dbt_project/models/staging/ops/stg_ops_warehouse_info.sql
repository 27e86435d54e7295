with source as (

    select * from {{ source('ops', 'warehouse_info') }}

),

renamed as (

    select
        key,
        value
    from source

)

select * from renamed
