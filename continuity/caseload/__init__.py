"""The clinician's door: today, a person, a contact, linkages and follow-ups."""
