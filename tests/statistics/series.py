"""Random series for property tests, bounded so that the whole folder stays within seconds."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

quick = settings(max_examples=50, deadline=None, derandomize=True)

small_counts = st.integers(min_value=0, max_value=60)
counts = st.lists(small_counts, min_size=0, max_size=40).map(lambda values: np.array(values, dtype=float))
with_gaps = st.lists(st.one_of(st.just(np.nan), small_counts), min_size=0, max_size=40).map(
    lambda values: np.array(values, dtype=float)
)


@st.composite
def shares(draw, largest: int = 2000) -> tuple[int, int]:
    """Successes and trials, x ≤ n, n ≥ 1."""
    n = draw(st.integers(min_value=1, max_value=largest))
    return draw(st.integers(min_value=0, max_value=n)), n


@st.composite
def closings(draw, least: int = 1) -> tuple[list[float], list[bool]]:
    """Ages with many ties, closed or still open."""
    items = draw(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=least, max_size=40))
    return [float(age) for age, _ in items], [closed for _, closed in items]
