select
    campaign_id,
    name_zh,
    name_en,
    station_id,
    starts_on,
    ends_on,
    assumed = 1 as is_assumed
from {{ ref('campaigns') }}
-- Invented rows belong to the demo, like its limits.
where assumed = 0 or {{ var('accept_assumed_limits') | lower }}
