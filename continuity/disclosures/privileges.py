"""What the role the site runs under may do: work with every table, own none, and only add to ledger and trail."""

from django.db import connections
from psycopg import sql

APPEND_ONLY = ("trail_auditentry", "trail_event", "disclosures_ledgerentry", "disclosures_ledgerseal")


def restrict_site_role(using: str) -> None:
    """Grant and revoke after each migration; idempotent. Does nothing where one role is owner and site."""
    connection = connections[using]
    site = connections["default"].settings_dict["USER"]
    if site == connection.settings_dict["USER"]:
        return
    with connection.cursor() as cursor:
        # By name: a month that was detached is no partition any more, and as little the site's to change.
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname LIKE 'disclosures\\_ledgerentry\\_%'"
        )
        partitions = [name for (name,) in cursor.fetchall()]
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {site}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {site}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {site}",
            "REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {site}",
            "REVOKE ALL ON {partitions} FROM {site}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {site}",
        ):
            cursor.execute(
                sql.SQL(statement)
                .format(
                    site=sql.Identifier(site),
                    append_only=sql.SQL(", ").join(map(sql.Identifier, APPEND_ONLY)),
                    partitions=sql.SQL(", ").join(map(sql.Identifier, partitions)),
                )
                .as_string(cursor.connection)
            )
