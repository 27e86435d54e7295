{#- Two functions of their arguments alone, made before the first model of a run and published with the marts.

    marts.place_key(place): what a place is called once spelling no longer matters. The rules and their examples stand
    in docs/semantics.md ("Places"), and a test reads them from there.

    marts.place_tail(calls, shape, odds): P(X >= calls) for a count whose mean was learnt: negative binomial with that
    shape, odds = window / (rate + window). The same as closedloop.statistics.exceedance.place_exceedance, where scipy's
    incomplete beta says it; here the terms are added up from `calls` on, so that small tails keep their digits. -#}
{% macro place_key_function() -%}
    {{ generate_schema_name('marts', none) }}.place_key
{%- endmacro %}

{% macro place_tail_function() -%}
    {{ generate_schema_name('marts', none) }}.place_tail
{%- endmacro %}

{% macro create_place_key() -%}
    {%- if flags.WHICH != 'test' -%}
    create or replace function {{ place_key_function() }}(place text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
    cost 1000
    as $$
    declare
        -- 全角 and 半角, upper and lower case, runs of space; signs without width, which copying brings along
        folded text := btrim(regexp_replace(
            translate(lower(normalize(place, NFKC)), E'\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad', ''),
            '\s+', ' ', 'g'
        ));
        area text := '';
        parts text[];
        word text;
        bare text;
        number text := '(?:[0-9]+[a-z]?|[a-z]|[一二三四五六七八九十零〇]+)';
        below text := '(?:负|-|b|地下)?';
        is_chinese boolean;
    begin
        -- What stands before the last bar names the area; it is folded, and no more.
        if strpos(folded, '|') > 0 then
            folded := regexp_replace(folded, ' ?\| ?', '|', 'g');
            area := left(folded, length(folded) - strpos(reverse(folded), '|') + 1);
            folded := btrim(substr(folded, length(area) + 1));
        end if;

        folded := translate(folded, '—–―‐‑─"“”‘’《》「」', '------');
        folded := btrim(folded, ' ,.;:。、');

        is_chinese := octet_length(folded) > length(folded);
        if is_chinese then
            -- Beside a Chinese sign a space or a comma says nothing, nor does a bracket that parts no two numbers.
            folded := regexp_replace(folded, '[ ,]+(?=[^\x01-\x7f])', '', 'g');
            folded := regexp_replace(folded, '(?<=[^\x01-\x7f])[ ,]+', '', 'g');
            if folded ~ '[][()【】〔〕]' then
                folded := regexp_replace(folded, '(?<![0-9a-z])[][()【】〔〕]|[][()【】〔〕](?![0-9a-z])', '', 'g');
            end if;

            -- 三号楼 is 3号楼 and 十二号 is 12号, up to 九十九; so are 第3号楼 and 03号楼
            if folded ~ '[一二三四五六七八九十](号|栋|幢|座|组)' then
                for word in
                    select distinct said[1]
                    from regexp_matches(
                        folded,
                        '(?<![一二三四五六七八九十百千零〇])([二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])(?=号|栋|幢|座|组)',
                        'g'
                    ) as said
                loop
                    folded := regexp_replace(
                        folded,
                        '(?<![一二三四五六七八九十百千零〇])' || word || '(?=号|栋|幢|座|组)',
                        (
                            case
                                when word like '十%' then 10
                                when word like '%十%' then 10 * strpos('一二三四五六七八九', left(word, 1))
                                else 0
                            end + strpos('一二三四五六七八九', right(word, 1))
                        )::text,
                        'g'
                    );
                end loop;
            end if;
            if folded ~ '(^|[^0-9a-z])[第0]0*[1-9]' then
                folded := regexp_replace(folded, '(?<![0-9a-z])第?0*(?=[1-9][0-9]*(?:号|栋|幢|座|组|#))', '', 'g');
            end if;

            -- 7栋, 7幢, 7座, 7# and 7#楼 are 7号楼; what follows the building inside it is left out.
            folded := regexp_replace(folded, '([0-9a-z])(#楼|#|栋楼?|幢楼?|座)', '\1号楼', 'g');
            folded := regexp_replace(
                folded,
                '号楼(?:-?' || below || number || '(?:单元|门|层|楼|室|户|号|房)|[甲乙丙丁东西南北中](?:单元|户)'
                || '|-?[0-9]+[a-z]?|[一二三四五六七八九零〇]{3,4}|b?[0-9]+f)+$',
                '号楼'
            );
            -- without a building: 2单元501室, 501室, 负1层, B1层, 3楼, 3F
            if folded ~ '.{2,}(单元|层|室|楼|[0-9]f)[0-9-]*$' then
                if folded ~ '(单元|层|室)[0-9-]*$' then
                    folded := regexp_replace(
                        folded,
                        '(?<=.)(?:' || below || number || '(?:单元|层|室)(?:-?[0-9]+(?=$|室))?)+$', ''
                    );
                end if;
                folded := regexp_replace(folded, '(?<=.)(?:(?:负|b|地下)?[0-9]+|(?:负|地下)[一二三四五六七八九十])楼$', '');
                folded := regexp_replace(folded, '(?<=[^\x01-\x7f])b?[0-9]{1,2}f$', '');
            end if;
        end if;

        -- A crossing is the same from either side.
        if strpos(folded, '&') > 0 then
            parts := regexp_split_to_array(folded, '[ ,.;:]*&[ ,.;:]*');
        elsif is_chinese then
            if folded ~ '[路街巷道弄].+[路街巷道弄]' then
                bare := regexp_replace(
                    folded,
                    '(?<=[路街巷道弄])的?(?:(?:交叉|十字|丁字|三岔)?路口|交叉口|交汇口|交[汇会界叉]处|交界|口)$',
                    ''
                );
                parts := coalesce(
                    regexp_match(bare, '^(.+[路街巷道弄])(?:与|、|/)(.+[路街巷道弄])$'),
                    -- 和 is also the first sign of many a road: 和平路
                    regexp_match(bare, '^(.+[路街巷道弄])和(..+[路街巷道弄])$')
                );
                -- 人民路-平安路 is a stretch, 人民路-平安路口 a crossing
                if parts is null and bare <> folded then
                    parts := coalesce(
                        regexp_match(bare, '^(.+[路街巷道弄])(?:及|跟|-)(.+[路街巷道弄])$'),
                        regexp_match(bare, '^(.{1,7}?[路街巷道])(.{1,7}[路街巷道])$')
                    );
                end if;
            end if;
        elsif strpos(folded, ' and ') > 0 or folded ~ '[/@]' then
            parts := regexp_match(
                folded,
                {%- set road = '(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|boulevard|blvd|highway|hwy|pike|way|court|ct)' %}
                '^(.* {{ road }})[.]?(?: and | ?[/@] ?)(.* {{ road }})$'
            );
        end if;
        if cardinality(parts) = 2 and parts[1] <> '' and parts[2] <> '' then
            folded := case
                when parts[1] collate "C" <= parts[2] then parts[1] || ' & ' || parts[2]
                else parts[2] || ' & ' || parts[1]
            end;
        elsif parts is not null then
            folded := (
                select string_agg(part, ' & ' order by part collate "C")
                from unnest(parts) as part
                where part <> ''
            );
        end if;

        return nullif(area || coalesce(folded, ''), '');
    end
    $$
    {%- endif -%}
{%- endmacro %}

{% macro create_place_tail() -%}
    {%- if flags.WHICH != 'test' -%}
    create or replace function {{ place_tail_function() }}(
        calls integer,
        shape double precision,
        odds double precision
    )
    returns double precision
    language plpgsql
    immutable
    strict
    parallel safe
    as $$
    declare
        log_term double precision := shape * ln(1 - odds);
        term double precision := 1;
        total double precision := 0;
        k integer := calls;
    begin
        if calls <= 0 then
            return 1;
        end if;
        -- exp() refuses what is too small for a number
        for j in 0 .. calls - 1 loop
            total := total + case when log_term < -700 then 0 else exp(log_term) end;
            log_term := log_term + ln(odds * (shape + j) / (j + 1));
        end loop;
        -- No more than is expected: what lies below is the small part.
        if calls <= shape * odds / (1 - odds) then
            return greatest(0, 1 - total);
        end if;
        total := 1;
        loop
            term := term * odds * (shape + k) / (k + 1);
            total := total + term;
            exit when term < 1e-17 * total;
            k := k + 1;
        end loop;
        return case when log_term < -700 then 0 else least(1, exp(log_term) * total) end;
    end
    $$
    {%- endif -%}
{%- endmacro %}

{#- What names a place: the source's key, else a text that says more than an area (docs/semantics.md, "Places"). Calls are
    joined to their places by what was written, so that each text is looked at once. -#}
{% macro has_place_key(place_key) -%}
    (nullif(btrim({{ place_key }}), '') is not null)
{%- endmacro %}

{% macro place_as_written(place_key, place) -%}
    coalesce(nullif(btrim({{ place_key }}), ''), {{ place }})
{%- endmacro %}

{% macro place_spelling(place_key, place) -%}
    coalesce(
        nullif(btrim({{ place_key }}), ''),
        case
            when {{ place }} ~ '[^\x01-\x7f]' then
                case when {{ place }} !~ '(市|区|县|镇|乡|街道)\s*$' then nullif(btrim({{ place }}), '') end
            when {{ place }} ~ '&|[0-9] +[A-Za-z]' then btrim({{ place }})
        end
    )
{%- endmacro %}

{#- The same local clock time so many days later, as every calendar day of the project ends. -#}
{% macro days_later(moment, days) -%}
    ((({{ moment }}) at time zone '{{ var("time_zone") }}' + interval '{{ days }} days') at time zone '{{ var("time_zone") }}')
{%- endmacro %}

{#- A place's id: the station that the calls came to, and its key. The same in every build and every warehouse. -#}
{% macro place_id(station, key) -%}
    ('x' || substr(md5({{ station }} || '|' || {{ key }}), 1, 15))::bit(60)::bigint
{%- endmacro %}

{#- Whether people live at a place of this type, as an export names it; null for none. -#}
{% macro is_home_type(place_type) -%}
    {{ place_type }} in ({% for type in var('home_place_types') %}'{{ type }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- What these incidents say of their places, each once. -#}
{% macro texts_said_in(incidents) -%}
    select distinct
        opening_station_id as station_id,
        {{ has_place_key('place_key') }} as is_source_key,
        {{ place_as_written('place_key', 'place') }} as written,
        place,
        place_type
    from {{ incidents }}
    where {{ place_as_written('place_key', 'place') }} is not null
{%- endmacro %}
