{{ config(
    indexes=[
        {'columns': ['place_id', 'category', 'valid_from'], 'unique': True},
    ]
) }}

{{ place_windows() }}
