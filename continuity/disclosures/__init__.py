"""The gate: decide, write the ledger, hand out; nothing about a person leaves by another way."""
