"""Identifiers are sealed, in their own rows and in the match index; a keyed hash tells that one is there twice (S-13)."""

import json
from uuid import UUID

from django.db import migrations, models

import continuity.sealing
import continuity.trail.digests
from continuity import resealing
from continuity.sealing import place_of, seal_text, unseal_text
from continuity.trail.context import keyed_digest

AT_ONCE = 1000


def seal(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute('SELECT value, id FROM people_personidentifier')
        while rows := cursor.fetchmany(AT_ONCE):
            with schema_editor.connection.cursor() as writing:
                writing.executemany(
                    'UPDATE people_personidentifier SET value_digest = %s WHERE id = %s',
                    [(keyed_digest(value), pk) for value, pk in rows],
                )
    value = resealing.column_of(apps.get_model('people', 'PersonIdentifier'), 'value')
    resealing.seal_clear(value, schema_editor.connection)
    _each_profile(apps, schema_editor, _put_apart)


def unseal(apps, schema_editor):
    identifier = apps.get_model('people', 'PersonIdentifier')
    resealing.unseal_all(resealing.column_of(identifier, 'value'), schema_editor.connection)
    _each_profile(apps, schema_editor, _put_together)


def _each_profile(apps, schema_editor, changed):
    place = place_of(apps.get_model('people', 'MatchProfile'), 'identifiers')
    after = UUID(int=0)
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT person_id, profile, identifiers FROM people_matchprofile"
                " WHERE person_id > %s AND profile <> '' ORDER BY person_id LIMIT %s",
                [after, AT_ONCE],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            cursor.executemany(
                'UPDATE people_matchprofile SET profile = %s, identifiers = %s WHERE person_id = %s',
                [(*made, pk) for pk, profile, sealed in rows if (made := changed(profile, sealed, place))],
            )


def _put_apart(profile, sealed, place):
    packed = json.loads(profile)
    numbers, packed[6:8] = packed[6:8], [[], []]
    return any(numbers) and (_short(packed), seal_text(_short(numbers), place=place))


def _put_together(profile, sealed, place):
    packed = json.loads(profile)
    if sealed:
        packed[6:8] = json.loads(unseal_text(sealed, place=place))
    return sealed and (_short(packed), '')


def _short(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_the_match_index'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='personidentifier',
            name='a_person_has_an_identifier_once',
        ),
        migrations.AddField(
            model_name='personidentifier',
            name='value_digest',
            field=continuity.trail.digests.DigestField(default='', editable=False, max_length=32, of='value'),
        ),
        migrations.AlterField(
            model_name='personidentifier',
            name='value',
            field=continuity.sealing.SealedTextField(max_length=60),
        ),
        migrations.AddField(
            model_name='matchprofile',
            name='identifiers',
            field=continuity.sealing.SealedTextField(blank=True, default='', help_text='JSON: its identifiers, those that were checked.'),
        ),
        migrations.AlterField(
            model_name='matchprofile',
            name='profile',
            field=models.TextField(help_text='JSON of matching.Profile without identifiers; empty before it was first made.'),
        ),
        migrations.RunPython(seal, unseal),
        migrations.AddConstraint(
            model_name='personidentifier',
            constraint=models.UniqueConstraint(fields=('person', 'system', 'value_digest', 'origin'), name='a_person_has_an_identifier_once', nulls_distinct=False),
        ),
    ]
