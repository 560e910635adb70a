"""The county-wide index of persons: names, identifiers and who has a record of their own; matching."""
