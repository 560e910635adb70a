"""Notices, where they go and what became of them."""

import continuity.ids
import continuity.sealing
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('notices', '0001_initial'),
        ('notices', '0002_reminders'),
        ('notices', '0003_deliveries'),
        ('notices', '0004_emergencies'),
        ('notices', '0005_merges'),
        ('notices', '0006_accounts'),
    ]

    initial = True

    dependencies = [
        ('agencies', '0005_accounts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('crisis_contact', 'one of yours is in crisis'), ('transfer_offered', 'a call is handed to you'), ('transfer_answered', 'a call you handed on was answered'), ('linkage_sent', 'a linkage was sent to you'), ('linkage_changed', 'a linkage you asked for moved'), ('linkage_unacknowledged', 'a linkage waits for its recipient'), ('link_proposed', 'a team link waits for your confirmation'), ('link_stale', 'a team link was not verified for long'), ('follow_up_due', 'a follow-up is due'), ('follow_up_overdue', 'a follow-up is overdue'), ('draft_unfinished', 'a contact is still a draft'), ('draft_overdue', 'a contact was not finished in time'), ('flag_proposed', 'a safety flag waits for approval'), ('flag_expiring', 'a safety flag expires soon'), ('plan_submitted', 'a response plan waits for approval'), ('amendment_due', 'a requested amendment waits for an answer'), ('record_changed', 'a record you were shown was changed'), ('authorisation_ended', 'an authorisation ended'), ('consent_expiring', 'a consent ends soon'), ('suspension_unpapered', 'a spoken revocation waits for its paper'), ('offer_due', 'a consent may be offered again'), ('event_to_ask', 'ask whether the event that ends a consent has happened'), ('emergency_asked', 'a responder asks for safety information now'), ('emergency_answered', 'your request for safety information was answered'), ('emergency_review', 'an emergency access waits for review'), ('emergency_to_tell', 'somebody is to be told of an emergency access'), ('restricted_seen', "a restricted person's record was seen"), ('accounting_due', 'somebody waits for an accounting or their record'), ('use_to_review', "last week's use waits for review"), ('identity_reported', "somebody says that a record is another person's"), ('merge_to_decide', 'a merge or an unmerge waits for a second person'), ('merge_to_review', 'consents of a merged person wait for review'), ('unmerge_to_sort', 'records wait to be told apart'), ('wrong_person', "a record you were shown was another person's"), ('account_locked', 'an account is locked until you release it'), ('account_suspended', 'an account was suspended'), ('account_review_due', 'an account waits for its yearly review'), ('ledger_failing', 'the ledger is failing')], max_length=30)),
                ('subject_id', models.UUIDField(help_text='The id of what it is about; opening it asks for the right again.')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.team')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField(help_text='Of a reminder: the moment it is about. The same moment is told once.', null=True)),
                ('is_urgent', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('read', 'read'), ('failed', 'failed'), ('withheld', 'withheld')], default='pending', max_length=8)),
                ('put_at', models.DateTimeField(auto_now_add=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('read_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['-is_urgent', 'put_at'], name='notices_to_send'), models.Index(condition=models.Q(('read_at', None), models.Q(('state', 'withheld'), _negated=True)), fields=['agency', '-id'], name='unread_notices_of_an_agency')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('since__isnull', False)), fields=('kind', 'subject_id', 'since', 'agency', 'member'), name='a_reminder_is_put_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhook_endpoints', to='agencies.agency')),
                ('url', models.URLField(help_text='https only.', max_length=300)),
                ('secret', continuity.sealing.SealedBinaryField(help_text='The signing key, 24 to 64 bytes.')),
                ('acts_as', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('crisis_contact', 'one of yours is in crisis'), ('transfer_offered', 'a call is handed to you'), ('transfer_answered', 'a call you handed on was answered'), ('linkage_sent', 'a linkage was sent to you'), ('linkage_changed', 'a linkage you asked for moved'), ('linkage_unacknowledged', 'a linkage waits for its recipient'), ('link_proposed', 'a team link waits for your confirmation'), ('link_stale', 'a team link was not verified for long'), ('follow_up_due', 'a follow-up is due'), ('follow_up_overdue', 'a follow-up is overdue'), ('draft_unfinished', 'a contact is still a draft'), ('draft_overdue', 'a contact was not finished in time'), ('flag_proposed', 'a safety flag waits for approval'), ('flag_expiring', 'a safety flag expires soon'), ('plan_submitted', 'a response plan waits for approval'), ('amendment_due', 'a requested amendment waits for an answer'), ('record_changed', 'a record you were shown was changed'), ('authorisation_ended', 'an authorisation ended'), ('consent_expiring', 'a consent ends soon'), ('suspension_unpapered', 'a spoken revocation waits for its paper'), ('offer_due', 'a consent may be offered again'), ('event_to_ask', 'ask whether the event that ends a consent has happened'), ('emergency_asked', 'a responder asks for safety information now'), ('emergency_answered', 'your request for safety information was answered'), ('emergency_review', 'an emergency access waits for review'), ('emergency_to_tell', 'somebody is to be told of an emergency access'), ('restricted_seen', "a restricted person's record was seen"), ('accounting_due', 'somebody waits for an accounting or their record'), ('use_to_review', "last week's use waits for review"), ('identity_reported', "somebody says that a record is another person's"), ('merge_to_decide', 'a merge or an unmerge waits for a second person'), ('merge_to_review', 'consents of a merged person wait for review'), ('unmerge_to_sort', 'records wait to be told apart'), ('wrong_person', "a record you were shown was another person's"), ('account_locked', 'an account is locked until you release it'), ('account_suspended', 'an account was suspended'), ('account_review_due', 'an account waits for its yearly review'), ('ledger_failing', 'the ledger is failing')], max_length=30), blank=True, default=list, help_text='Empty: every kind.', size=None)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='NoticePreference',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='notice_preference', to='agencies.membership')),
                ('email', models.EmailField(blank=True, help_text='An address of the agency, not a private one.', max_length=254)),
                ('kinds_off', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('crisis_contact', 'one of yours is in crisis'), ('transfer_offered', 'a call is handed to you'), ('transfer_answered', 'a call you handed on was answered'), ('linkage_sent', 'a linkage was sent to you'), ('linkage_changed', 'a linkage you asked for moved'), ('linkage_unacknowledged', 'a linkage waits for its recipient'), ('link_proposed', 'a team link waits for your confirmation'), ('link_stale', 'a team link was not verified for long'), ('follow_up_due', 'a follow-up is due'), ('follow_up_overdue', 'a follow-up is overdue'), ('draft_unfinished', 'a contact is still a draft'), ('draft_overdue', 'a contact was not finished in time'), ('flag_proposed', 'a safety flag waits for approval'), ('flag_expiring', 'a safety flag expires soon'), ('plan_submitted', 'a response plan waits for approval'), ('amendment_due', 'a requested amendment waits for an answer'), ('record_changed', 'a record you were shown was changed'), ('authorisation_ended', 'an authorisation ended'), ('consent_expiring', 'a consent ends soon'), ('suspension_unpapered', 'a spoken revocation waits for its paper'), ('offer_due', 'a consent may be offered again'), ('event_to_ask', 'ask whether the event that ends a consent has happened'), ('emergency_asked', 'a responder asks for safety information now'), ('emergency_answered', 'your request for safety information was answered'), ('emergency_review', 'an emergency access waits for review'), ('emergency_to_tell', 'somebody is to be told of an emergency access'), ('restricted_seen', "a restricted person's record was seen"), ('accounting_due', 'somebody waits for an accounting or their record'), ('use_to_review', "last week's use waits for review"), ('identity_reported', "somebody says that a record is another person's"), ('merge_to_decide', 'a merge or an unmerge waits for a second person'), ('merge_to_review', 'consents of a merged person wait for review'), ('unmerge_to_sort', 'records wait to be told apart'), ('wrong_person', "a record you were shown was another person's"), ('account_locked', 'an account is locked until you release it'), ('account_suspended', 'an account was suspended'), ('account_review_due', 'an account waits for its yearly review'), ('ledger_failing', 'the ledger is failing')], max_length=30), blank=True, default=list, size=None)),
                ('quiet_from', models.TimeField(blank=True, help_text="On the agency's clock.", null=True)),
                ('quiet_to', models.TimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_to__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_to__isnull', False)), _connector='OR'), name='quiet_hours_have_a_beginning_and_an_end'), models.CheckConstraint(condition=models.Q(('kinds_off__overlap', ['crisis_contact', 'transfer_offered']), _negated=True), name='a_crisis_alert_cannot_be_switched_off')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notices.notice')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('webhook', 'webhook')], max_length=8)),
                ('membership', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('endpoint', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notices.webhookendpoint')),
                ('state', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('dead', 'given up'), ('withheld', 'withheld: no right any more')], default='pending', max_length=8)),
                ('is_urgent', models.BooleanField(default=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(help_text='When it is tried next.')),
                ('sent_at', models.DateTimeField(null=True)),
                ('last_problem', models.CharField(blank=True, help_text='A code, never what was answered.', max_length=40)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['-is_urgent', 'due_at'], name='deliveries_to_try'), models.Index(fields=['notice'], name='deliveries_of_a_notice')],
                'constraints': [models.UniqueConstraint(fields=('notice', 'channel', 'membership', 'endpoint'), name='a_notice_goes_each_way_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('channel', 'email'), ('endpoint__isnull', True), ('membership__isnull', False)), models.Q(('channel', 'webhook'), ('endpoint__isnull', False), ('membership__isnull', True)), _connector='OR'), name='a_delivery_goes_to_a_member_or_an_endpoint')],
            },
        ),
    ]
