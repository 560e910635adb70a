"""May this record leave to this member, now? Facts gathered in one statement, judged by a pure policy."""
