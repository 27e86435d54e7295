{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['place_id', 'category', 'valid_from'], 'unique': True},
    ]
) }}

{{ place_windows(places=ref('int_touched_windows') if var('catch_up') else none) }}
