"""What is written for a person who was merged belongs to the survivor, and keeps whom it was written for.

The key-share lock waits for a merge that is under way, so that no record can be born on a retired person; it is taken
on the survivor as well, who may be merged in turn.
"""

from django.db import migrations

TABLES = (
    "people_personname",
    "people_personidentifier",
    "people_personphone",
    "people_personaddress",
    "people_personagency",
    "people_identitycheck",
    "consents_consent",
    "consents_consentoffer",
    "crisis_crisiscontact",
    "crisis_safetyflag",
    "crisis_responseplan",
    "crisis_deescalationtip",
    "treatment_treatmentteamlink",
    "treatment_linkage",
    "treatment_followup",
    "access_emergencyaccess",
    "access_restriction",
    "access_confidentialitydecision",
    "disclosures_accountingrequest",
    "disclosures_accountingsuspension",
)
FUNCTION = """
CREATE FUNCTION follow_the_merged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survivor uuid;
BEGIN
    LOOP
        SELECT replaced_by_id INTO survivor FROM people_person WHERE id = NEW.person_id FOR KEY SHARE;
        EXIT WHEN survivor IS NULL;
        NEW.origin_id := COALESCE(NEW.origin_id, NEW.person_id);
        NEW.person_id := survivor;
    END LOOP;
    RETURN NEW;
END
$$;
"""
TRIGGER = """
CREATE TRIGGER {0}_follows_the_merged BEFORE INSERT OR UPDATE OF person_id ON {0}
FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION follow_the_merged();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0001_squashed_0007_merges"),
        ("access", "0001_squashed_0002_merges"),
        ("consents", "0001_squashed_0003_merges"),
        ("crisis", "0001_squashed_0003_merges"),
        ("people", "0001_squashed_0004_merges_and_duplicates"),
        ("treatment", "0001_squashed_0003_merges"),
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION + "".join(TRIGGER.format(table) for table in TABLES),
            "".join(f"DROP TRIGGER {table}_follows_the_merged ON {table};" for table in TABLES)
            + "DROP FUNCTION follow_the_merged();",
        )
    ]
