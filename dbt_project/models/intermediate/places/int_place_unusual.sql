-- What a day can find. Worked out beside fct_place_windows and not read from there: its other rows take longer to be
-- written than these to be worked out.
with windows as (

    {{ place_windows(least_calls=var('place_least_calls')) | indent(4) }}

)

select
    *,
    {{ local_date('valid_from') }} as first_on,
    {{ local_date('coalesce(valid_to, ' ~ as_of() ~ ')') }} - 1 as last_on
from windows
where p <= {{ var('place_discovery_rate') }}
