"""Team links, linkages and follow-ups."""

import continuity.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('treatment', '0001_initial'),
        ('treatment', '0002_the_working_day'),
        ('treatment', '0003_merges'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('agencies', '0005_accounts'),
        ('crisis', '0001_squashed_0003_merges'),
        ('people', '0001_squashed_0004_merges_and_duplicates'),
    ]

    operations = [
        migrations.CreateModel(
            name='TreatmentTeamLink',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='team_links', to='people.person')),
                ('custodian', models.ForeignKey(help_text='Who recorded the link.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('provider', models.ForeignKey(help_text='Who treats the person.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('external_id', models.CharField(blank=True, max_length=60)),
                ('clinician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('team_name', models.CharField(blank=True, max_length=80)),
                ('program_kind', models.CharField(choices=[('outpatient_mh', 'Outpatient Mh'), ('psychiatry', 'Psychiatry'), ('crisis', 'Crisis'), ('case_management', 'Case Management'), ('sud_outpatient', 'Sud Outpatient'), ('full_service_partnership', 'Full Service Partnership'), ('peer_support', 'Peer Support'), ('other', 'Other')], max_length=30)),
                ('is_part2', models.BooleanField(default=False, verbose_name='from a Part 2 programme')),
                ('duty_line', models.CharField(help_text="A team's line, never a personal mobile.", max_length=20)),
                ('hours', models.CharField(blank=True, max_length=80)),
                ('notify_on_crisis', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('active', 'Active'), ('suspended', 'Suspended'), ('inactive', 'Inactive'), ('entered_in_error', 'Entered In Error')], default='proposed', max_length=16)),
                ('status_reason', models.CharField(blank=True, max_length=200)),
                ('proposed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('verified_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('established_at', models.DateTimeField()),
                ('last_verified_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['person'], name='team_links_of_a_person'), models.Index(fields=['provider', 'last_verified_at'], name='team_links_of_a_provider')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('custodian', 'external_id'), name='a_team_link_of_a_file_exists_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), ('last_verified_at__isnull', False), _connector='OR'), name='an_active_team_link_was_verified_once')],
            },
        ),
        migrations.CreateModel(
            name='Linkage',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linkages', to='crisis.crisiscontact')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linkages', to='people.person')),
                ('custodian', models.ForeignKey(help_text='Who requested it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('recipient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('external_provider', models.CharField(blank=True, max_length=120)),
                ('external_id', models.CharField(blank=True, max_length=60)),
                ('kind', models.CharField(choices=[('reconnect_existing_team', 'Reconnect Existing Team'), ('new_outpatient_mh', 'New Outpatient Mh'), ('psychiatry_medication', 'Psychiatry Medication'), ('sud_treatment', 'Sud Treatment'), ('sobering_detox', 'Sobering Detox'), ('crisis_stabilization', 'Crisis Stabilization'), ('care_navigation_case_mgmt', 'Care Navigation Case Mgmt'), ('peer_support', 'Peer Support'), ('housing_shelter', 'Housing Shelter'), ('benefits', 'Benefits'), ('primary_care', 'Primary Care'), ('dv_services', 'Dv Services'), ('veteran_services', 'Veteran Services'), ('youth_school', 'Youth School'), ('idd_services', 'Idd Services'), ('family_support', 'Family Support'), ('full_service_partnership_act', 'Full Service Partnership Act'), ('other', 'Other')], max_length=30)),
                ('is_part2', models.BooleanField(default=False, verbose_name='to or from a Part 2 programme')),
                ('priority', models.CharField(choices=[('routine', 'Routine'), ('urgent', 'Urgent'), ('asap', 'Asap'), ('stat', 'Stat')], default='routine', max_length=8)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('received', 'Received'), ('accepted', 'Accepted'), ('declined_by_recipient', 'Declined By Recipient'), ('scheduled', 'Scheduled'), ('engaged', 'Engaged'), ('waitlisted', 'Waitlisted'), ('completed', 'Completed'), ('cancelled_by_person', 'Cancelled By Person'), ('unable', 'Unable'), ('entered_in_error', 'Entered In Error')], default='draft', max_length=24)),
                ('status_reason', models.CharField(blank=True, max_length=200)),
                ('requested_at', models.DateTimeField()),
                ('acknowledge_by', models.DateTimeField(blank=True, help_text='By when the recipient is to say that it has it; by priority.', null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('appointment_at', models.DateTimeField(blank=True, null=True)),
                ('first_attended_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('prior', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reopened_as', to='treatment.linkage')),
                ('notes', models.TextField(blank=True)),
            ],
            options={
                'permissions': [('answer_linkage', 'May answer this linkage as its recipient')],
                'indexes': [models.Index(fields=['person'], name='linkages_of_a_person'), models.Index(condition=models.Q(('closed_at', None)), fields=['recipient', 'requested_at'], name='open_linkages_of_a_recipient'), models.Index(condition=models.Q(('closed_at', None)), fields=['custodian', 'requested_at'], name='open_linkages_of_a_requester')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('custodian', 'external_id'), name='a_linkage_of_a_file_exists_once'), models.CheckConstraint(condition=models.Q(('recipient__isnull', False), models.Q(('external_provider', ''), _negated=True), _connector='OR'), name='a_linkage_goes_to_an_agency_or_an_outside_provider')],
            },
        ),
        migrations.CreateModel(
            name='LinkageGroupGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='treatment.linkage')),
            ],
            options={
                'unique_together': {('group', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='crisis.crisiscontact')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='people.person')),
                ('custodian', models.ForeignKey(help_text='Who owes it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.team')),
                ('rule', models.CharField(blank=True, help_text='The disposition whose rule made it; empty: promised by hand.', max_length=40)),
                ('external_id', models.CharField(blank=True, max_length=60)),
                ('kind', models.CharField(choices=[('caring_contact', 'Caring Contact'), ('safety_check', 'Safety Check'), ('appointment_verification', 'Appointment Verification'), ('in_person_outreach', 'In Person Outreach'), ('care_navigation', 'Care Navigation'), ('satisfaction_survey', 'Satisfaction Survey')], max_length=30)),
                ('due_window', models.CharField(choices=[('h24', '24 hours'), ('h48', '48 hours'), ('h72', '72 hours'), ('d7', '7 days'), ('d30', '30 days'), ('custom', 'agreed time')], max_length=8)),
                ('due_at', models.DateTimeField()),
                ('max_attempts', models.PositiveSmallIntegerField(default=3)),
                ('imported_attempts', models.PositiveSmallIntegerField(default=0, help_text='Attempts that a file counted without telling them.')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('received', 'Received'), ('accepted', 'Accepted'), ('declined_by_recipient', 'Declined By Recipient'), ('scheduled', 'Scheduled'), ('engaged', 'Engaged'), ('waitlisted', 'Waitlisted'), ('completed', 'Completed'), ('cancelled_by_person', 'Cancelled By Person'), ('unable', 'Unable'), ('entered_in_error', 'Entered In Error')], default='sent', max_length=24)),
                ('result', models.CharField(blank=True, choices=[('connected', 'Connected'), ('partially_connected', 'Partially Connected'), ('already_in_care', 'Already In Care'), ('needs_new_referral', 'Needs New Referral'), ('declined_services', 'Declined Services'), ('repeat_crisis', 'Repeat Crisis'), ('lost_to_follow_up', 'Lost To Follow Up'), ('closed_max_attempts', 'Closed Max Attempts')], max_length=24)),
                ('is_part2', models.BooleanField(default=False, verbose_name='belongs to a Part 2 programme')),
                ('status_reason', models.CharField(blank=True, max_length=200)),
                ('waits_for_discharge', models.BooleanField(default=False, help_text='Due 7 days on at the latest; a discharge sets the clock anew (5.10).')),
                ('discharged_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['person'], name='follow_ups_of_a_person'), models.Index(condition=models.Q(('closed_at', None)), fields=['custodian', 'due_at'], name='open_follow_ups_by_due_time'), models.Index(condition=models.Q(('closed_at', None)), fields=['due_at'], name='open_follow_ups_of_everybody')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('custodian', 'external_id'), name='a_follow_up_of_a_file_exists_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'completed'), _negated=True), models.Q(('result', ''), _negated=True), _connector='OR'), name='a_completed_follow_up_has_a_result'), models.UniqueConstraint(condition=models.Q(('rule', ''), _negated=True), fields=('contact', 'rule'), name='a_disposition_promises_one_follow_up_of_a_contact')],
            },
        ),
        migrations.CreateModel(
            name='FollowUpAttempt',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('follow_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='treatment.followup')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('mode', models.CharField(choices=[('call', 'Call'), ('text', 'Text'), ('visit', 'Visit'), ('letter', 'Letter'), ('video', 'Video')], max_length=8)),
                ('outcome', models.CharField(choices=[('reached_engaged', 'Reached Engaged'), ('reached_declined', 'Reached Declined'), ('left_safe_message', 'Left Safe Message'), ('no_answer', 'No Answer'), ('number_invalid', 'Number Invalid'), ('third_party_only', 'Third Party Only'), ('unsafe_to_contact', 'Unsafe To Contact'), ('in_facility', 'In Facility'), ('in_custody', 'In Custody'), ('deceased', 'Deceased'), ('moved', 'Moved')], max_length=20)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['at'],
            },
        ),
    ]
