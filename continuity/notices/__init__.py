"""The outbox: that somebody should be told, as an opaque id and a kind, in the transaction of what happened."""
