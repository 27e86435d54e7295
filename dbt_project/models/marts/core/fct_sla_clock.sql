{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["spell_id", "seg_no"], "unique": true},
            {"columns": ["work_item_id"]},
            {"columns": ["station_id", "seg_from"]},
        ]
    )
}}

select
    spell_id,
    seg_no,
    work_item_id,
    station_id,
    seg_from,
    seg_to,
    phase,
    due_at
from {{ part('int_sla_clock') }}
-- What is asked for lies together: a moment's open items come from a few pages, a day's items from the last ones.
order by seg_from
