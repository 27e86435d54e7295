with reds as (

    select
        work_item_id,
        min(valid_from) as red_since
    from {{ part('fct_loop_stages') }}
    where severity = 'red'
    group by work_item_id

)

select
    directives.work_item_id,
    directives.station_id,
    directives.loop,
    reds.red_since as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'measures' as subject_key,
    jsonb_build_object('issued_at', directives.issued_at) as detail
from {{ part('fct_directives') }} as directives
inner join reds using (work_item_id)
where not directives.has_measures
