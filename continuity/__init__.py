"""Continuity: consented crisis-contact summaries and treatment-team links for a county's responders."""
