"""Emergency access, restrictions and decisions on confidentiality."""

import continuity.ids
import continuity.sealing
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('access', '0001_initial'),
        ('access', '0002_merges'),
    ]

    initial = True

    dependencies = [
        ('agencies', '0005_accounts'),
        ('people', '0001_squashed_0004_merges_and_duplicates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EmergencyAccess',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('kind', models.CharField(choices=[('clinician_override', "a clinician's override"), ('le_emergency_request', "a responder's request")], max_length=24)),
                ('state', models.CharField(choices=[('requested', 'requested'), ('released', 'released'), ('denied', 'denied'), ('timed_out', 'nobody answered in time'), ('cancelled', 'cancelled'), ('ended', 'ended')], default='requested', max_length=9)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('described', continuity.sealing.SealedBinaryField(help_text='What was typed to mean the person, as JSON.')),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('agency', models.ForeignKey(help_text="The requester's duty agency.", on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('incident_ref', models.CharField(max_length=40)),
                ('reason_code', models.CharField(choices=[('imminent_self_harm', 'imminent harm to self'), ('imminent_harm_others', 'imminent harm to others'), ('medical_emergency', 'medical emergency'), ('missing_at_risk', 'missing and at risk'), ('welfare_unable_to_consent', 'welfare check, unable to consent')], max_length=26)),
                ('reason', models.CharField(help_text='In own words, 20 characters at least.', max_length=1000)),
                ('nature', models.CharField(max_length=300, verbose_name='nature of the emergency')),
                ('recipient_name', models.CharField(help_text='Who will use what is released (2.51(c)).', max_length=120)),
                ('recipient_facility', models.CharField(max_length=120)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                ('requested_at', models.DateTimeField()),
                ('answer_by', models.DateTimeField(help_text='A request times out then.', null=True)),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(help_text='The end of the time box.', null=True)),
                ('ended_at', models.DateTimeField(help_text='When it was over: by the clock, or by hand.', null=True)),
                ('review', models.CharField(blank=True, choices=[('', 'not due'), ('review_pending', 'waits for review'), ('justified', 'justified'), ('unjustified', 'not justified')], default='', max_length=14)),
                ('reviewing_agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('review_due_at', models.DateTimeField(null=True)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('review_note', models.CharField(blank=True, max_length=1000)),
                ('sanction_referred_to', models.CharField(blank=True, help_text='An office, not a person.', max_length=120)),
                ('cleared_at', models.DateTimeField(help_text='When that office let the requester use emergency access again.', null=True)),
                ('cleared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('cleared_note', models.CharField(blank=True, max_length=300)),
                ('person_told_at', models.DateTimeField(null=True)),
                ('person_told_how', models.CharField(blank=True, help_text='Or why they were not told.', max_length=200)),
                ('asked_agencies', models.ManyToManyField(help_text='Whose clinicians may answer.', related_name='+', to='agencies.agency')),
            ],
            options={
                'verbose_name_plural': 'emergency accesses',
                'indexes': [models.Index(condition=models.Q(('state', 'released')), fields=['person', 'requester'], name='open_emergencies_of_a_person'), models.Index(fields=['reviewing_agency', 'review_due_at'], name='emergencies_to_review'), models.Index(fields=['requester', '-requested_at'], name='emergencies_of_a_requester')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['released', 'ended']), _negated=True), models.Q(('ends_at__gt', models.F('starts_at')), ('starts_at__isnull', False)), _connector='OR'), name='an_open_emergency_has_a_time_box'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('requester')), _negated=True), _connector='OR'), name='an_emergency_is_not_reviewed_by_its_requester'), models.CheckConstraint(condition=models.Q(models.Q(('review', 'unjustified'), _negated=True), models.Q(('sanction_referred_to', ''), _negated=True), _connector='OR'), name='an_unjustified_emergency_is_referred'), models.CheckConstraint(condition=models.Q(('cleared_by__isnull', True), models.Q(('cleared_by', models.F('requester')), _negated=True), _connector='OR'), name='a_requester_does_not_clear_themself')],
            },
        ),
        migrations.CreateModel(
            name='EmergencyAnswer',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('emergency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='access.emergencyaccess')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('answered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('answered_at', models.DateTimeField()),
                ('is_released', models.BooleanField()),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                ('note', models.CharField(blank=True, help_text='For the review; the asker never reads it.', max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('emergency', 'agency'), name='an_agency_answers_an_emergency_once'), models.CheckConstraint(condition=models.Q(('categories__contained_by', ['D0', 'D1', 'D2']), models.Q(models.Q(('categories__contains', ['D1']), ('is_released', True)), models.Q(('categories', []), ('is_released', False)), _connector='OR')), name='a_released_emergency_is_safety_data')],
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to='people.person')),
                ('agency', models.ForeignKey(help_text='The custodian that decides.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('kind', models.CharField(choices=[('disclosure', 'agreed restriction of disclosures'), ('employee', 'the person works there')], max_length=10)),
                ('state', models.CharField(choices=[('requested', 'requested'), ('agreed', 'agreed'), ('declined', 'declined'), ('ended', 'ended')], default='requested', max_length=9)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), blank=True, default=list, help_text='Empty: all.', size=None)),
                ('towards', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('requested_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('decided_reason', models.CharField(blank=True, max_length=300)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'agreed')), fields=['person'], name='agreed_restrictions')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'employee'), _negated=True), ('towards__isnull', False), _connector='OR'), name='an_employee_is_shielded_from_an_employer')],
            },
        ),
        migrations.CreateModel(
            name='ConfidentialityDecision',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confidentiality_decisions', to='people.person')),
                ('agency', models.ForeignKey(help_text='Whose privacy office said it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('kind', models.CharField(choices=[('level', 'level set'), ('named', 'member named'), ('removed', 'member removed')], max_length=7)),
                ('level', models.CharField(blank=True, choices=[('normal', 'normal'), ('restricted', 'restricted'), ('very_restricted', 'very restricted')], max_length=16)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(max_length=300)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['person'], name='confidentiality_of_a_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'level'), ('member__isnull', True), models.Q(('level', ''), _negated=True)), models.Q(('kind__in', ['named', 'removed']), ('level', ''), ('member__isnull', False)), _connector='OR'), name='a_confidentiality_decision_is_about_a_level_or_a_member')],
            },
        ),
    ]
