"""What the functions accept: floats with NaN for "not reported", counts, exposures, and a level.

Every refusal is a ``ValueError`` that names the argument, the value and what was expected.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
"""+1 above, −1 below, 0 neither."""


def numbers(values: ArrayLike, name: str) -> Floats:
    """Finite floats of any shape; ``None``, NaN and what is masked stand for "not reported". Always a copy.

    Text and dates are no numbers, also where they could be read as such.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be numbers: {error}") from None
    given = np.asarray(values)
    if given.dtype.kind in "SUMm" or (given.dtype == object and any(isinstance(v, str) for v in given.flat)):
        raise ValueError(f"{name} must be numbers, and holds {given.flat[0]!r}")
    if isinstance(values, np.ma.MaskedArray):
        array[np.ma.getmaskarray(values)] = np.nan
    if np.isinf(array).any():
        raise ValueError(f"{name} must be finite, and holds an infinite value")
    return array


def counts(values: ArrayLike, name: str) -> Floats:
    """Whole numbers from 0 upwards; NaN where nobody reported."""
    array = numbers(values, name)
    known = array[~np.isnan(array)]
    if (known < 0).any():
        raise ValueError(f"{name} must not be negative, and holds {known.min():g}")
    if (known != np.floor(known)).any():
        raise ValueError(f"{name} must be whole numbers, and holds {known[known != np.floor(known)][0]:g}")
    return array


def amounts(values: ArrayLike, name: str) -> Floats:
    """Non-negative numbers, whole or not: exposures, expected counts, ages; NaN where nobody knows."""
    array = numbers(values, name)
    known = array[~np.isnan(array)]
    if (known < 0).any():
        raise ValueError(f"{name} must not be negative, and holds {known.min():g}")
    return array


def together(**given: Floats) -> tuple[Floats, ...]:
    """Arrays of one shape; a single number stands for as many as are needed."""
    shapes = {name: array.shape for name, array in given.items() if array.ndim}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"one shape is needed, or single numbers: {told}")
    return np.broadcast_arrays(*given.values())


def shares(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Counts x and n of one shape with x ≤ n; NaN in both where either is NaN."""
    x, n = together(successes=counts(successes, "successes"), trials=counts(trials, "trials"))
    if (x > n).any():
        worst = int(np.argmax((x > n).ravel()))
        raise ValueError(f"successes must not exceed trials: {x.flat[worst]:g} of {n.flat[worst]:g}")
    gap = np.isnan(x) | np.isnan(n)
    return np.where(gap, np.nan, x), np.where(gap, np.nan, n)


def level(conf: float) -> tuple[float, float]:
    """A confidence level in (0, 1) as ``(alpha, z)``: 0.95 → (0.05, 1.959964), 0.998 → (0.002, 3.090232)."""
    if not 0 < conf < 1:
        raise ValueError(f"conf must lie between 0 and 1, for example 0.95; it is {conf!r}")
    alpha = 1 - conf
    return alpha, float(ndtri(1 - alpha / 2))


def probability(value: float, name: str) -> float:
    """A number in (0, 1)."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1; it is {value!r}")
    return float(value)
