"""The API for programs: shapes, permissions, problems (RFC 9457), the schema and health."""
