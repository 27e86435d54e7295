{#- What staging says last of a row of ``source``: which version it is, and where it came from; of items, with ``batches``, also
    since when it was gone. -#}
{% macro version_and_lineage(batches=none) -%}
    source.version,
    source.is_current,
    source.retracted as is_retracted,
    source.is_current and not source.retracted as is_effective,
    source.batch_id,
    source.source_file,
    source.source_row,
    source.loaded_at
    {%- if batches %},
    -- the extract that no longer had it says when it was known to be gone
    case when source.retracted then least(source.loaded_at, {{ batches }}.covers_until) end as withdrawn_at
    {%- endif %}
{%- endmacro %}
