"""The one signal of this floor: a contact became final."""

from django.dispatch import Signal

# Sent inside the transaction of the finalisation, with `contact`. Receivers only write rows.
contact_finalised = Signal()
