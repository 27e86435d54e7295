{#- Arithmetic of working time. All of it is read from the calendar's rows: nothing here knows how long a working day is.
    A calendar day is joined by its date, a target by its slot (see int_workday_slots): equality joins, both. -#}

{#- Working seconds from the calendar's first day up to a moment that lies in calendar day `day` (an alias of
    int_calendar_days). NULL outside the calendar. -#}
{% macro worked_seconds(moment, day) -%}
    (
        {{ day }}.worked_seconds_before
        + least(
            greatest(extract(epoch from ({{ moment }}) - {{ day }}.opens_at), 0),
            {{ day }}.working_seconds
        )
    )
{%- endmacro %}

{#- Join condition: the working day in which the count of working seconds reaches `target`. -#}
{% macro reaches_in_slot(target, slot, slot_seconds) -%}
    {{ slot }}.slot = ceil(({{ target }}) / {{ slot_seconds }})::integer
        and {{ slot }}.worked_seconds_before < ({{ target }})
        and ({{ target }}) <= {{ slot }}.worked_seconds_after
{%- endmacro %}

{#- The earliest moment at which the count of working seconds reaches `target`, in the joined slot. -#}
{% macro moment_in_slot(target, slot) -%}
    ({{ slot }}.opens_at + make_interval(secs => (({{ target }}) - {{ slot }}.worked_seconds_before)::double precision))
{%- endmacro %}

{#- A failed inspection, in the words that exports use. -#}
{% macro is_failed(outcome) -%}
    coalesce({{ outcome }} in ('failed', 'fail', '不合格'), false)
{%- endmacro %}
