select
    post_id,
    station_id,
    kind,
    coalesce(name_zh, post_id) as name_zh,
    coalesce(name_en, name_zh, post_id) as name_en
from {{ ref('stg_posts') }}
where is_effective
