"""The privacy office: consents, people and the organisation, in an admin site of its own."""
