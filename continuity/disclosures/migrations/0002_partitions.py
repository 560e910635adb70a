"""Monthly partitions of the ledger and what keeps them append-only.

Row triggers reach partitions from the parent; a TRUNCATE trigger does not, so the function that makes a partition
adds one. The function runs with its owner's rights: the site's role may make next month's partition and nothing else.
"""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON disclosures_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON disclosures_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION first_id_of(month date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION make_ledger_partition(month date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    partition text := 'disclosures_ledgerentry_' || to_char(first_day, 'YYYYMM');
BEGIN
    IF to_regclass(partition) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF disclosures_ledgerentry FOR VALUES FROM (%L) TO (%L)',
                       partition, first_id_of(first_day), first_id_of((first_day + interval '1 month')::date));
        EXECUTE format('CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition);
    END IF;
    RETURN partition;
END $$;

CREATE TABLE disclosures_ledgerentry_default PARTITION OF disclosures_ledgerentry DEFAULT;
CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON disclosures_ledgerentry_default
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
SELECT make_ledger_partition((date_trunc('month', now()) + make_interval(months => ahead))::date)
FROM generate_series(-1, 12) AS ahead;
"""
BACKWARDS = """
DROP FUNCTION make_ledger_partition(date);
DROP FUNCTION first_id_of(date);
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
