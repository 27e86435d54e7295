"""Parts of a page that take longer to work out than to send: tables, charts, texts, made once and kept.

Beside the answers (:mod:`closedloop.ui.asking`), what is made of them is kept as well, under everything that
a visit may show: who may see what, the build, the moment, every filter that links carry along, the language.
Nothing of a person is in it, and a part that looks elsewhere (the session, the clock) must not be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from closedloop.ui.admission import require_still_admitted
from closedloop.ui.asking import KEEP_SECONDS
from closedloop.ui.kept import Kept
from closedloop.ui.visit import Visit

P = ParamSpec("P")
T = TypeVar("T")

#: All parts of the process together. What is forgotten is worked out again.
ROOM = 6 * 2**20

_PARTS = Kept(ROOM, KEEP_SECONDS)


def worked_out_once(
    part: Callable[Concatenate[Visit, P], T],
) -> Callable[Concatenate[Visit, P], T]:
    """Keep what ``part(visit, …)`` returns. Its arguments are plain values, their ``repr`` their key.

    Only for parts that follow from the visit and their arguments alone.
    """
    name = f"{part.__module__}.{part.__qualname__}"

    @wraps(part)
    def given(visit: Visit, *arguments: P.args, **named: P.kwargs) -> T:
        # The questions behind it may not be put this time, and they are what asks otherwise.
        require_still_admitted(visit.identity)
        key = (name, visit.sight, repr(arguments), repr(sorted(named.items())))
        return _PARTS.get(key, lambda: part(visit, *arguments, **named))

    return given
