"""Refreshing: what is new in the inbox into the warehouse, filed away with a report, built and published.

Meant for a timer. It may be killed at any moment and started twice at once::

    outcome = refresh(settings, budget=Budget(600), tell=print_event)  # closedloop.refresh.run
    sys.exit(outcome.exit_code)

``run`` is not imported here: it brings what reads files, half a second, and ``status`` asks of the inbox only
what lies there.
"""

from closedloop.refresh.budget import Budget, OutOfTime
from closedloop.refresh.inbox import Inbox
from closedloop.refresh.outcome import Outcome

__all__ = ["Budget", "Inbox", "OutOfTime", "Outcome"]
