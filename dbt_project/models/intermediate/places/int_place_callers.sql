-- Most callers call a place once.
select
    place_id,
    caller
from {{ ref('int_place_calls') }}
where caller is not null
group by place_id, caller
having count(*) > 1
