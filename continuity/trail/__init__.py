"""Who edited what, who signed in, who administered: append-only rows that later floors cannot forget to write."""
