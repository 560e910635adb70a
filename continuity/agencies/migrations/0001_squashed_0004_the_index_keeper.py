"""Agencies, agreements, teams, members and policy packs."""

import continuity.agencies.models
import continuity.ids
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('agencies', '0001_initial'),
        ('agencies', '0002_policy_packs'),
        ('agencies', '0003_emergencies_and_training'),
        ('agencies', '0004_the_index_keeper'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.SlugField(help_text="The county's own short id of the agency.", max_length=40, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('short_name', models.CharField(blank=True, max_length=40)),
                ('kind', models.CharField(choices=[('psap', '911 centre'), ('police', 'police'), ('sheriff', 'sheriff'), ('county_behavioral_health', 'county behavioral health'), ('crisis_provider', 'crisis provider'), ('community_safety_dept', 'community safety department'), ('line_988', '988 line'), ('ems_fire', 'EMS or fire'), ('hospital', 'hospital'), ('clinic_treatment', 'treatment clinic'), ('sud_program', 'SUD programme'), ('social_services', 'social services'), ('oversight', 'oversight')], max_length=30)),
                ('ori', models.CharField(blank=True, max_length=9, verbose_name='ORI')),
                ('npi', models.CharField(blank=True, max_length=10, verbose_name='NPI')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('state', models.CharField(max_length=2)),
                ('timezone', models.CharField(max_length=40, validators=[continuity.agencies.models.validate_timezone])),
                ('legal_regimes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('hipaa_covered', 'HIPAA covered entity'), ('part2_program', '42 CFR Part 2 programme'), ('ca_lps', 'California W&I 5328'), ('ca_cmia', 'California CMIA'), ('nc_122c', 'North Carolina G.S. 122C'), ('mo_630', 'Missouri RSMo 630'), ('cja', 'criminal justice agency')], max_length=20), blank=True, default=list, size=None)),
                ('is_part2_program', models.BooleanField(default=False, verbose_name='42 CFR Part 2 programme')),
                ('policy_pack', models.SlugField(blank=True, help_text="Code of the rules on consents; empty: its state's.", max_length=10)),
                ('duty_line', models.CharField(blank=True, help_text='The 24/7 line that responders may call.', max_length=20)),
                ('privacy_contact', models.CharField(blank=True, help_text='An office, not a person.', max_length=120)),
                ('accepts_notifications', models.BooleanField(default=False)),
                ('keeps_index', models.BooleanField(default=False, help_text='Keeps the index of people for all: decides on duplicates, sees identities and no records.')),
                ('status', models.CharField(choices=[('onboarding', 'onboarding'), ('active', 'active'), ('suspended', 'suspended'), ('closed', 'closed')], default='onboarding', max_length=12)),
            ],
            options={
                'verbose_name_plural': 'agencies',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_part2_program', True), ('legal_regimes__contains', ['part2_program'])), models.Q(('is_part2_program', False), models.Q(('legal_regimes__contains', ['part2_program']), _negated=True)), _connector='OR'), name='agency_in_part2_regime_exactly_when_a_part2_program')],
            },
        ),
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('kind', models.CharField(choices=[('mou', 'memorandum of understanding'), ('baa', 'business associate agreement'), ('qsoa', 'qualified service organization agreement'), ('information_exchange', 'information exchange agreement'), ('dua', 'data use agreement')], max_length=24)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                ('effective_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('document_ref', models.CharField(blank=True, max_length=200)),
                ('parties', models.ManyToManyField(related_name='agreements', to='agencies.agency')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('effective_at'))), name='agreement_expires_after_it_takes_effect')],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='teams', to='agencies.agency')),
                ('name', models.CharField(max_length=80)),
                ('group', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='team', to='auth.group')),
                ('takes_referrals', models.BooleanField(default=False, help_text='Linkages to the agency arrive here.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agency', 'name'), name='team_names_are_unique_in_an_agency'), models.UniqueConstraint(condition=models.Q(('takes_referrals', True)), fields=('agency',), name='one_team_of_an_agency_takes_referrals')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('username', models.CharField(max_length=60, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()])),
                ('display_name', models.CharField(max_length=80)),
                ('title', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('invited', 'invited'), ('active', 'active'), ('suspended', 'suspended'), ('deactivated', 'deactivated')], default='active', max_length=12)),
                ('trained_until', models.DateField(blank=True, help_text='Last day of the privacy training; empty: none on record.', null=True)),
                ('banner_version', models.PositiveSmallIntegerField(default=0, help_text='The newest banner that this member acknowledged (S-5).')),
                ('is_staff', models.BooleanField(default=False, help_text='May open the admin site; sees no person by it.')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            managers=[
                ('objects', continuity.agencies.models.MemberManager()),
            ],
        ),
        migrations.CreateModel(
            name='PolicyPack',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.SlugField(max_length=10)),
                ('number', models.PositiveIntegerField(verbose_name='version of the pack')),
                ('title', models.CharField(max_length=120)),
                ('effective_at', models.DateTimeField()),
                ('rules', models.JSONField(default=dict)),
                ('counsel', models.CharField(blank=True, help_text='Who read the law for it.', max_length=120)),
                ('signed_off_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_off_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code', 'number'), name='a_version_of_a_pack_exists_once'), models.CheckConstraint(condition=models.Q(('signed_off_at__isnull', True), models.Q(('signed_off_at__isnull', False), ('signed_off_by__isnull', False), models.Q(('counsel', ''), _negated=True)), _connector='OR'), name='a_signed_off_pack_names_who_answers_for_it')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='agencies.agency')),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('officer', 'officer'), ('dispatcher', 'dispatcher'), ('embedded_clinician', 'embedded clinician'), ('mobile_clinician', 'mobile clinician'), ('treatment_clinician', 'treatment clinician'), ('peer_navigator', 'peer navigator'), ('consent_manager', 'consent manager'), ('privacy_officer', 'privacy officer'), ('supervisor', 'supervisor'), ('auditor', 'auditor'), ('program_analyst', 'program analyst'), ('agency_admin', 'agency admin'), ('system_client', 'system client')], max_length=24), default=list, size=None)),
                ('is_clinical_supervisor', models.BooleanField(default=False)),
                ('is_medical_personnel', models.BooleanField(default=False, help_text='In the sense of 42 CFR 2.51.')),
                ('may_break_glass', models.BooleanField(default=False, help_text='Emergency override, for clinicians.')),
                ('may_release_emergency', models.BooleanField(default=False, help_text="Answers responders' emergency requests.")),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('member', 'agency'), name='one_membership_of_a_member_in_an_agency'), models.CheckConstraint(condition=models.Q(('roles__contains', ['consent_manager', 'officer']), _negated=True), name='a_consent_manager_is_no_officer'), models.CheckConstraint(condition=models.Q(models.Q(('roles__contains', ['auditor']), _negated=True), ('roles__len', 1), _connector='OR'), name='an_auditor_holds_no_other_role')],
            },
        ),
    ]
