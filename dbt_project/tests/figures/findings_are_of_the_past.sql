-- A finding that is not true yet, or mended before it was true, would stand in a bulletin that nobody can explain.
select *
from {{ ref('fct_findings') }}
where
    found_at > {{ as_of() }}
    or mended_at <= found_at
