"""The demo city: raw exports of a fictional police bureau, generated and never collected.

Everything here is invented: the city, its stations, streets, calls and people counts. The generator writes
the *files* that a bureau's systems would export (with their defects); the real intake loads them. Nothing
in this room touches the warehouse.

>>> from closedloop.demo import generate
>>> generate(scale=0.02, seed=1, out=Path("/tmp/demo"))  # doctest: +SKIP
"""

from closedloop.demo.generate import COMMITTED_SCALE, COMMITTED_SEED, Written, generate

__all__ = ["COMMITTED_SCALE", "COMMITTED_SEED", "Written", "generate"]
