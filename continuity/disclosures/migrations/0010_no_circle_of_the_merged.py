"""Whoever is merged in a circle, which no merge makes, stops who writes about them: it would be followed for ever."""

from importlib import import_module

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION follow_the_merged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survivor uuid;
BEGIN
    FOR further IN 1..20 LOOP
        SELECT replaced_by_id INTO survivor FROM people_person WHERE id = NEW.person_id FOR KEY SHARE;
        IF survivor IS NULL THEN
            RETURN NEW;
        END IF;
        NEW.origin_id := COALESCE(NEW.origin_id, NEW.person_id);
        NEW.person_id := survivor;
    END LOOP;
    RAISE EXCEPTION 'person % is merged in a circle', NEW.person_id;
END
$$;
"""

BEFORE = import_module("continuity.disclosures.migrations.0008_the_merged_are_redirected").FUNCTION


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0009_what_a_merge_adds")]

    operations = [migrations.RunSQL(FUNCTION, BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))]
