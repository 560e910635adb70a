"""Clinical notes of linkages and attempts are sealed; so is what is there already (S-13)."""

from django.db import migrations

import continuity.sealing
from continuity import resealing

SEALED = (('Linkage', 'notes'), ('FollowUpAttempt', 'note'))


def seal(apps, schema_editor):
    for model, name in SEALED:
        resealing.seal_clear(resealing.column_of(apps.get_model('treatment', model), name), schema_editor.connection)


def unseal(apps, schema_editor):
    for model, name in SEALED:
        resealing.unseal_all(resealing.column_of(apps.get_model('treatment', model), name), schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('treatment', '0001_squashed_0003_merges'),
    ]

    operations = [
        migrations.AlterField(
            model_name='linkage',
            name='notes',
            field=continuity.sealing.SealedTextField(blank=True),
        ),
        migrations.AlterField(
            model_name='followupattempt',
            name='note',
            field=continuity.sealing.SealedTextField(blank=True, max_length=500),
        ),
        migrations.RunPython(seal, unseal),
    ]
