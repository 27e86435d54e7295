"""Refreshing: what is new in the inbox into the warehouse, filed away with a report, built and published.

Meant for a timer. It may be killed at any moment and started twice at once::

    outcome = refresh(settings, budget=Budget(600), tell=print_event)
    sys.exit(outcome.exit_code)
"""

from closedloop.refresh.budget import Budget, OutOfTime
from closedloop.refresh.inbox import Inbox
from closedloop.refresh.outcome import Outcome
from closedloop.refresh.run import refresh

__all__ = ["Budget", "Inbox", "OutOfTime", "Outcome", "refresh"]
