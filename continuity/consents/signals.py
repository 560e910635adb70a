"""The one signal of this floor: a consent, or one recipient of it, ended."""

from django.dispatch import Signal

# Sent inside the transaction of the ending, with `consent` and `recipients` (those who lose it).
# Receivers only write rows. Safety needs none of them: the next read asks the clock and the row (L-10).
consent_ended = Signal()
