"""Narratives, SUD segments, and what amendments say of them, are sealed; so is what is there already (S-13)."""

from django.db import migrations

import continuity.sealing
from continuity import resealing

SEALED = {
    'ClinicalNarrative': ('text',),
    'SudSegment': ('text', 'part2_source'),
    'ContactAmendment': ('old_value', 'new_value', 'accepted_value', 'disagreement', 'rebuttal'),
}


def seal(apps, schema_editor):
    for model, names in SEALED.items():
        for name in names:
            resealing.seal_clear(resealing.column_of(apps.get_model('crisis', model), name), schema_editor.connection)


def unseal(apps, schema_editor):
    for model, names in SEALED.items():
        for name in names:
            resealing.unseal_all(resealing.column_of(apps.get_model('crisis', model), name), schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('crisis', '0001_squashed_0003_merges'),
    ]

    operations = [
        migrations.AlterField(
            model_name='clinicalnarrative',
            name='text',
            field=continuity.sealing.SealedTextField(help_text='No session content.'),
        ),
        migrations.AlterField(
            model_name='sudsegment',
            name='text',
            field=continuity.sealing.SealedTextField(),
        ),
        migrations.AlterField(
            model_name='sudsegment',
            name='part2_source',
            field=continuity.sealing.SealedTextField(blank=True, help_text='The programme it came from, if any.', max_length=120),
        ),
        migrations.AlterField(
            model_name='contactamendment',
            name='old_value',
            field=continuity.sealing.SealedTextField(blank=True, help_text='JSON.'),
        ),
        migrations.AlterField(
            model_name='contactamendment',
            name='new_value',
            field=continuity.sealing.SealedTextField(blank=True, help_text='JSON.'),
        ),
        migrations.AlterField(
            model_name='contactamendment',
            name='accepted_value',
            field=continuity.sealing.SealedTextField(blank=True, help_text='JSON: what was accepted, if only in part.'),
        ),
        migrations.AlterField(
            model_name='contactamendment',
            name='disagreement',
            field=continuity.sealing.SealedTextField(blank=True),
        ),
        migrations.AlterField(
            model_name='contactamendment',
            name='rebuttal',
            field=continuity.sealing.SealedTextField(blank=True),
        ),
        migrations.RunPython(seal, unseal),
    ]
