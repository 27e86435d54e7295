"""Values written as most are take short ways through validation. They come out as by the long one."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reference import load_reference
from closedloop.intake.validation import HowWritten, many_rows
from closedloop.intake.validation.columns import type_column
from closedloop.intake.validation.times import _any_times, parse_times
from closedloop.settings import get_settings

PSEUDONYMS = Pseudonymiser(b"a key of tests")
#: Zones that skip an hour, have skipped one, and never do.
ZONES = ("Asia/Shanghai", "America/New_York", "UTC")


def digits(*lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


def joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in parts)).map("".join)


#: Moments digit for digit, days and hours that there are and that there are not.
DAYS = st.dates().map(str) | joined(digits(4), "-", digits(2), "-", digits(2))
CLOCKS = st.times().map(lambda t: f"{t:%H:%M:%S}") | joined(digits(2), ":", digits(2), ":", digits(2))
PLAIN = joined(DAYS, " ", CLOCKS)
SKIPPED = st.sampled_from(
    ["2024-03-10 02:30:00", "2024-11-03 01:30:00", "1986-05-04 02:30:00", "1991-09-15 01:30:00"]
)
#: The same with something about it that only the long way understands, or nobody.
NEARLY = st.builds(
    lambda text, place, change: text[:place] + change + text[place + 1 :],
    PLAIN,
    st.integers(0, 19),
    st.sampled_from(["", " ", "/", "T", "年", "０", "٣", "+", "Z", ".5", "+08:00", " 下午", "\n", "-"]),
)
ODD = st.sampled_from(
    [
        "2025年4月25日 8点半",
        "下午3:05",
        "2025/4/25 18:30",
        "45772.5",
        "20250425083000",
        "晚上12点",
        "soon",
        "-",
        "２０２５-04-25 08:30:00",
        "2025-04-25 00:00:00 08:30",
        "25-04-25 08:30:00",
        "2025-04-25 08:30 PM",
        "",
    ]
)
TIMES = st.lists(PLAIN | SKIPPED | NEARLY | ODD | st.none(), max_size=12)


@settings(max_examples=120, deadline=None)
@given(TIMES, st.sampled_from(ZONES))
def test_a_time_written_as_programs_do_is_the_time_that_the_long_way_finds(texts, zone):
    column = pl.Series("t", texts, dtype=pl.String)
    short = parse_times(column, zone)
    for row, text in enumerate(texts):
        long = _any_times(pl.Series("t", [text], dtype=pl.String), zone, None)
        assert [part[row] for part in short] == [part[0] for part in long], text


WORDS = st.sampled_from(
    [
        "S01",
        "S０1",
        "110",
        "12.0",
        "1e3",
        "-0",
        "3.50",
        "7.",
        "３",
        "是",
        "否",
        "1",
        "0",
        "true",
        "#N/A",
        "dispute",
        "纠纷",
        "红",
        "incident",
        "hazard",
        "五里街派出所",
        "UNASSIGNED",
        "139 1234 5678",
        "13912345678",
        "330203199001011234",
        "[电话]",
        "a\nb",
        "185.5",
        "1000000000000000.0",
        "2025-04-25",
        "2025-04-25 08:30:00",
    ]
) | st.just("x" * 250)


@pytest.fixture(scope="module")
def reference():
    return load_reference(get_settings().reference_dir)


@settings(max_examples=12, deadline=None)
@given(st.lists(WORDS | st.none(), min_size=1, max_size=30), st.randoms(use_true_random=False))
@pytest.mark.parametrize("table", ["incidents", "loop_events", "volunteer_posts"])
def test_a_column_of_few_texts_is_typed_once_per_text(table, reference, texts, random):
    how = {column.name: HowWritten("Asia/Shanghai") for column in business_columns(TABLES[table])}
    frame = pl.DataFrame(
        {name: pl.Series(random.choices(texts, k=2 * len(texts)), dtype=pl.String) for name in how}
    )
    columns = business_columns(TABLES[table])
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(many_rows, "MANY", 1)
        typed = many_rows.type_columns(columns, frame, how, reference, PSEUDONYMS)
    for column in columns:
        plain = type_column(column, frame[column.name], how[column.name], reference, PSEUDONYMS)
        quick = typed[column.name]
        assert quick.values.dtype == plain.values.dtype
        assert quick.values.to_list() == plain.values.to_list()
        assert [(p.field, p.code, p.detail, p.rows.to_list()) for p in quick.problems] == [
            (p.field, p.code, p.detail, p.rows.to_list()) for p in plain.problems
        ]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.text("aZ09 -+（8６", max_size=14)
        | digits(11, 13)
        | st.just(PSEUDONYMS("somebody"))
        | st.sampled_from(["139-1234-5678", "+86 13912345678", "008613912345678"])
        | st.none(),
        max_size=20,
    )
)
def test_a_column_of_keys_has_the_pseudonym_of_each_key(keys):
    column = pl.Series(keys, dtype=pl.String)
    assert PSEUDONYMS.column(column).to_list() == [None if key is None else PSEUDONYMS(key) for key in keys]
