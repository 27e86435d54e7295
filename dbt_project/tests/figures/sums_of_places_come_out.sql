-- Running sums against what they must come to, or one that drifts would drift unseen: every place × category is first
-- known once, and every call that becomes history is forgotten, until none is left.
with known as (

    select
        category,
        count(*) as places
    from {{ ref('int_place_categories') }}
    group by category

    union all

    select
        'all',
        count(*)
    from (
        select place_id from {{ ref('int_place_categories') }}
        group by place_id
    ) as places
    having count(*) > 0

),

firsts as (

    select
        category,
        sum(places) as places
    from {{ ref('int_place_firsts') }}
    group by category

)

select
    'first calls' as sums,
    category
from known
full join firsts using (category)
where known.places is distinct from firsts.places

union all

select
    'histories of ' || station_id,
    category
from {{ ref('int_place_histories') }}
group by station_id, category
having sum(events) <> 0 or sum(squares) <> 0
