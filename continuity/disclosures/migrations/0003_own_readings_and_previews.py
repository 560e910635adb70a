from django.db import migrations, models

NEW = """
ALTER TABLE disclosures_ledgerentry
    DROP CONSTRAINT disclosures_ledgerentry_outcome_check,
    DROP CONSTRAINT only_a_release_is_without_a_refusal,
    ADD CONSTRAINT outcomes_are_known CHECK (outcome IN ('released', 'refused', 'empty', 'read', 'previewed')),
    ADD CONSTRAINT only_a_refusal_says_why
        CHECK ((outcome IN ('released', 'read', 'previewed')) = (refusal = ''));
"""
OLD = """
ALTER TABLE disclosures_ledgerentry
    DROP CONSTRAINT outcomes_are_known,
    DROP CONSTRAINT only_a_refusal_says_why,
    ADD CONSTRAINT disclosures_ledgerentry_outcome_check CHECK (outcome IN ('released', 'refused', 'empty')),
    ADD CONSTRAINT only_a_release_is_without_a_refusal CHECK ((outcome = 'released') = (refusal = ''));
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0002_partitions")]

    operations = [
        migrations.AlterField(
            model_name="ledgerentry",
            name="channel",
            field=models.CharField(choices=[("api", "Api"), ("page", "Page"), ("admin", "Admin")], max_length=8),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("released", "Released"),
                    ("refused", "Refused"),
                    ("empty", "Empty"),
                    ("read", "Read"),
                    ("previewed", "Previewed"),
                ],
                max_length=9,
            ),
        ),
        migrations.RunSQL(NEW, OLD),
    ]
