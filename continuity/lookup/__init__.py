"""An officer or clinician asks about a person: one use case behind a page and a JSON address."""
