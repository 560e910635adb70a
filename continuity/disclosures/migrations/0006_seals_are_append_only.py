"""Seals can be added to and read, never changed; their marks are random bytes, which no compression makes smaller."""

from django.db import migrations

FORWARDS = """
ALTER TABLE disclosures_ledgerseal ALTER COLUMN marks SET STORAGE EXTERNAL;
CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE ON disclosures_ledgerseal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_are_never_truncated BEFORE TRUNCATE ON disclosures_ledgerseal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACKWARDS = """
DROP TRIGGER seals_are_append_only ON disclosures_ledgerseal;
DROP TRIGGER seals_are_never_truncated ON disclosures_ledgerseal;
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0005_accounting_seals_and_use")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
