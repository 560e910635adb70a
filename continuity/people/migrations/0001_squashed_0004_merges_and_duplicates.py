"""People, what is known of them from whom, and pairs that may be one."""

import continuity.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('people', '0001_initial'),
        ('people', '0002_random_person_ids'),
        ('people', '0003_named_staff'),
        ('people', '0004_merges_and_duplicates'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('agencies', '0005_accounts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('birth_date', models.DateField(blank=True, null=True)),
                ('birth_date_precision', models.CharField(choices=[('y', 'year'), ('ym', 'month'), ('ymd', 'day')], default='ymd', max_length=3)),
                ('birth_date_estimated', models.BooleanField(default=False)),
                ('sex', models.CharField(blank=True, help_text='As recorded.', max_length=20)),
                ('pronouns', models.CharField(blank=True, max_length=30)),
                ('language', models.CharField(blank=True, help_text='BCP 47.', max_length=35)),
                ('interpreter_needed', models.BooleanField(default=False)),
                ('communication_needs', models.CharField(blank=True, max_length=200)),
                ('safe_to_call', models.BooleanField(help_text='Unknown when empty (P-12).', null=True)),
                ('safe_to_leave_message', models.BooleanField(help_text='Unknown when empty (P-12).', null=True)),
                ('deceased_date', models.DateField(blank=True, null=True)),
                ('identity_status', models.CharField(choices=[('unknown', 'unknown'), ('asserted', 'asserted'), ('verified', 'verified')], default='asserted', max_length=10)),
                ('confidentiality', models.CharField(choices=[('normal', 'normal'), ('restricted', 'restricted'), ('very_restricted', 'very restricted')], default='normal', max_length=16)),
                ('replaced_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='people.person')),
                ('replaced_at', models.DateTimeField(editable=False, help_text='Since when it stands for another.', null=True)),
                ('identity_doubted_at', models.DateTimeField(editable=False, help_text='Since when an unmerge is asked for: nothing goes to other agencies.', null=True)),
            ],
            options={
                'verbose_name_plural': 'people',
                'constraints': [models.CheckConstraint(condition=models.Q(('replaced_by', models.F('id')), _negated=True), name='person_is_not_replaced_by_itself')],
                'permissions': [('see_person', 'is named staff of a restricted person')],
            },
        ),
        migrations.CreateModel(
            name='PersonStaffGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.person')),
                ('named_by', models.ForeignKey(help_text='Whose privacy office named the member.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
            ],
            options={
                'unique_together': {('user', 'permission', 'content_object', 'named_by')},
            },
        ),
        migrations.CreateModel(
            name='PersonName',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='people.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('use', models.CharField(choices=[('official', 'official'), ('preferred', 'preferred'), ('nickname', 'nickname'), ('former', 'former'), ('alias', 'alias')], default='official', max_length=10)),
                ('first', models.CharField(blank=True, max_length=80)),
                ('middle', models.CharField(blank=True, max_length=80)),
                ('last', models.CharField(max_length=80)),
                ('suffix', models.CharField(blank=True, max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='PersonIdentifier',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='people.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('type', models.CharField(choices=[('MR', 'medical record number'), ('PI', 'patient internal identifier'), ('MA', 'Medicaid number'), ('DL', "driver's license"), ('PT', 'booking number'), ('OTHER', 'other')], default='OTHER', max_length=5)),
                ('system', models.CharField(blank=True, max_length=80)),
                ('value', models.CharField(max_length=60)),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'system', 'value', 'origin'), name='a_person_has_an_identifier_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='PersonPhone',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='people.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('number', models.CharField(db_index=True, max_length=20)),
                ('is_shared', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='PersonAddress',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='people.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('line', models.CharField(blank=True, max_length=120)),
                ('city', models.CharField(blank=True, max_length=60)),
                ('state', models.CharField(blank=True, max_length=2)),
                ('postal_code', models.CharField(blank=True, max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityCheck',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='people.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('how', models.CharField(choices=[('document', 'a document with a photograph was seen'), ('fingerprint', 'by the fingerprint of a booking'), ('known', 'the clinician knows the person')], max_length=11)),
                ('checked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('checked_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PersonAgency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='person_agencies', to='people.person')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='person_agencies', to='agencies.agency')),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('origin', models.ForeignKey(editable=False, help_text='Known through a merge with this person.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('was_told_of_death', models.BooleanField(default=False, help_text='Knew the person when their death was written down.')),
            ],
            options={
                'verbose_name_plural': 'person agencies',
                'constraints': [models.UniqueConstraint(fields=('person', 'agency'), name='a_person_is_known_to_an_agency_once')],
            },
        ),
        migrations.CreateModel(
            name='DuplicatePair',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('grade', models.CharField(help_text='HL7 match-grade when it was found.', max_length=15)),
                ('agreeing', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('conflicting', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('found_by', models.CharField(choices=[('create', 'when one of them was registered'), ('import', 'in an import'), ('search', 'in a search'), ('report', 'reported by a member')], max_length=6)),
                ('found_at', models.DateTimeField()),
                ('verdict', models.CharField(choices=[('open', 'to be decided'), ('same', 'the same person'), ('different', 'different people'), ('not_enough', 'not enough to tell')], default='open', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('verdict', 'open')), fields=['found_at'], name='pairs_to_decide')],
                'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='a_pair_is_raised_once'), models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='a_pair_is_ordered'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('verdict', 'open')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('verdict', 'open'), _negated=True)), _connector='OR'), name='a_verdict_says_who_decided')],
            },
        ),
        migrations.CreateModel(
            name='PersonToCompare',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('found_by', models.CharField(choices=[('create', 'when one of them was registered'), ('import', 'in an import'), ('search', 'in a search'), ('report', 'reported by a member')], max_length=6)),
            ],
            options={
                'verbose_name_plural': 'people to compare',
            },
        ),
        migrations.CreateModel(
            name='SourceRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_id', models.CharField(max_length=60, unique=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='source_records', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='MatchKey',
            fields=[
                ('key', models.BigIntegerField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='match_keys', to='people.person')),
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'person'), name='a_key_leads_to_a_person_once')],
            },
        ),
    ]
