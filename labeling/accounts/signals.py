"""What other rooms may want to know of people."""

from django.dispatch import Signal

deactivated = Signal()
"""The account of `user` was deactivated: what waits for them does not wait any longer."""

sessions_ended = Signal()
"""All sessions of `user` have ended, or all but the one of a request: open sockets look again."""
