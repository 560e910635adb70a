"""Files in: a county's own records, and the demo county that every clone brings along."""
