"""The trail can be added to and read, never changed: the database refuses, whoever asks."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON trail_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_never_truncated BEFORE TRUNCATE ON trail_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON trail_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_never_truncated BEFORE TRUNCATE ON trail_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACKWARDS = """
DROP TRIGGER trail_is_append_only ON trail_auditentry;
DROP TRIGGER trail_is_never_truncated ON trail_auditentry;
DROP TRIGGER trail_is_append_only ON trail_event;
DROP TRIGGER trail_is_never_truncated ON trail_event;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
