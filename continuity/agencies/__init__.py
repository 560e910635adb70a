"""Agencies, the agreements between them, their teams and members, and what each role may do."""
