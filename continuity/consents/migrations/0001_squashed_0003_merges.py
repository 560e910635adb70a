"""Consents with their recipients, documents and offers."""

import continuity.ids
import continuity.sealing
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('consents', '0001_initial'),
        ('consents', '0002_the_whole_life'),
        ('consents', '0003_merges'),
    ]

    initial = True

    dependencies = [
        ('agencies', '0005_accounts'),
        ('people', '0001_squashed_0004_merges_and_duplicates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='people.person')),
                ('custodian', models.ForeignKey(help_text='Who keeps the paper.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('external_id', models.CharField(blank=True, max_length=60)),
                ('instrument', models.CharField(choices=[('hipaa_authorization', 'HIPAA authorization'), ('part2_consent', '42 CFR Part 2 consent'), ('part2_tpo', '42 CFR Part 2 single TPO consent'), ('combined_hipaa_part2', 'combined HIPAA and Part 2'), ('state_form', 'state form')], max_length=24)),
                ('status', models.CharField(choices=[('draft', 'draft'), ('proposed', 'proposed'), ('active', 'active'), ('rejected', 'rejected'), ('inactive', 'inactive'), ('entered_in_error', 'entered in error')], default='draft', max_length=16)),
                ('disclosing_description', models.CharField(blank=True, max_length=200)),
                ('information_description', models.TextField(blank=True, help_text='As shown to the person.')),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                ('existence_may_be_confirmed', models.BooleanField(default=False)),
                ('part2_included', models.BooleanField(default=False, verbose_name='SUD records included')),
                ('record_window', models.CharField(choices=[('past_contacts', 'earlier and later records'), ('from_signing', 'records from the signing on'), ('specific_contacts', 'the named contacts only')], default='past_contacts', max_length=20)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('treatment', 'treatment'), ('care_coordination', 'care coordination'), ('emergency_treatment', 'emergency treatment'), ('le_crisis_response', 'le crisis response'), ('threat_to_safety', 'threat to safety'), ('operations_qi', 'operations qi'), ('program_reporting', 'program reporting'), ('compliance_audit', 'compliance audit'), ('patient_request', 'patient request'), ('legal_process', 'legal process'), ('system_admin', 'system admin')], max_length=24), default=list, size=None)),
                ('purpose_text', models.CharField(blank=True, max_length=200)),
                ('starts_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('expiry_event', models.CharField(blank=True, max_length=120)),
                ('revocation_method', models.CharField(blank=True, max_length=200)),
                ('states_right_to_revoke', models.BooleanField(default=False)),
                ('states_reliance_exception', models.BooleanField(default=False)),
                ('states_no_conditioning', models.BooleanField(default=False)),
                ('states_redisclosure_risk', models.BooleanField(default=False)),
                ('states_tpo_redisclosure', models.BooleanField(default=False)),
                ('states_refusal_consequence', models.BooleanField(default=False)),
                ('covers_counselling_notes', models.BooleanField(default=False)),
                ('covers_proceedings', models.BooleanField(default=False)),
                ('form_template', models.CharField(blank=True, max_length=60)),
                ('form_version', models.CharField(blank=True, max_length=20)),
                ('form_language', models.CharField(blank=True, max_length=35)),
                ('shown_text', models.TextField(blank=True, help_text='The whole form, as the person was shown it.')),
                ('proposed_at', models.DateTimeField(help_text='When this form was put before the person.', null=True)),
                ('interpreter', models.CharField(blank=True, max_length=80)),
                ('signer_name', models.CharField(blank=True, max_length=120)),
                ('signer_capacity', models.CharField(choices=[('self', 'the person'), ('parent', 'parent'), ('guardian', 'guardian'), ('healthcare_agent', 'health-care agent'), ('court_appointed', 'court-appointed'), ('dpoa', 'durable power of attorney')], default='self', max_length=20)),
                ('authority_document', models.CharField(blank=True, max_length=200)),
                ('signature_method', models.CharField(blank=True, choices=[('ink_scanned', 'ink, scanned'), ('electronic_in_person', 'electronic, in person'), ('electronic_remote', 'electronic, remote'), ('held_by_source', 'on paper with the agency that handed the file over')], max_length=24)),
                ('signed_at', models.DateTimeField(blank=True, null=True)),
                ('signed_document_ref', models.CharField(blank=True, max_length=200)),
                ('signed_document_sha256', models.CharField(blank=True, max_length=64)),
                ('witness_name', models.CharField(blank=True, max_length=120)),
                ('copy_given_at', models.DateTimeField(blank=True, null=True)),
                ('collected_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('collection_context', models.CharField(blank=True, choices=[('clinic', 'clinic'), ('home_visit', 'home visit'), ('phone_remote_esign', 'phone with remote signature'), ('facility', 'facility'), ('field_after_crisis', 'field, after the crisis'), ('on_hold', 'on a hold'), ('in_custody', 'in custody')], max_length=20)),
                ('capacity_attested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('releasing_member', models.ForeignKey(blank=True, help_text='W&I 5328.7: who releases.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinician_approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinician_approved_at', models.DateTimeField(blank=True, null=True)),
                ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pack', models.CharField(blank=True, help_text='Policy pack it was judged by, as code-version.', max_length=20)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('suspended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('suspended_note', models.CharField(blank=True, max_length=300)),
                ('event_asked_at', models.DateTimeField(help_text='When somebody last said that the event had not happened.', null=True)),
                ('inactive_reason', models.CharField(blank=True, choices=[('revoked', 'revoked'), ('expired', 'expired'), ('superseded', 'superseded'), ('invalidated', 'invalidated')], max_length=12)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_note', models.CharField(blank=True, max_length=300)),
                ('superseded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='consents.consent')),
                ('disclosing_agencies', models.ManyToManyField(related_name='+', to='agencies.agency')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'active')), fields=['person'], name='consent_active_of_person'), models.Index(fields=['custodian', '-id'], name='consents_of_a_custodian'), models.Index(fields=['custodian', 'status', 'expires_at'], name='consents_by_their_end'), models.Index(fields=['custodian', 'expiry_event'], name='consents_by_their_event'), models.Index(condition=models.Q(('suspended_at__isnull', False)), fields=['custodian', 'suspended_at'], name='consents_suspended'), models.Index(django.db.models.functions.text.Right(django.db.models.functions.comparison.Cast('id', models.TextField()), 12), name='consent_by_its_number')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('custodian', 'external_id'), name='a_consent_of_a_file_exists_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), models.Q(('categories__len__gt', 0), ('purposes__len__gt', 0), ('signed_at__isnull', False)), _connector='OR'), name='an_active_consent_is_signed_and_scoped'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), ('expires_at__isnull', False), models.Q(('expiry_event', ''), _negated=True), _connector='OR'), name='an_active_consent_has_an_end'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('status', 'inactive'), models.Q(('inactive_reason', ''), _negated=True)), models.Q(models.Q(('status', 'inactive'), _negated=True), ('ended_at__isnull', True), ('inactive_reason', '')), _connector='OR'), name='an_inactive_consent_says_why_and_since_when'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), ('signer_capacity', 'self'), models.Q(('authority_document', ''), _negated=True), ('signature_method', 'held_by_source'), _connector='OR'), name='a_representative_shows_authority'), models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'entered_in_error']), models.Q(('expiry_event', 'none'), _negated=True), ('instrument', 'part2_tpo'), _connector='OR'), name='only_a_tpo_consent_has_no_end'), models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'entered_in_error']), ('expires_at__isnull', True), ('expires_at__gt', models.F('starts_at')), _connector='OR'), name='a_consent_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'entered_in_error']), ('part2_included', False), ('instrument__in', ['part2_consent', 'part2_tpo', 'combined_hipaa_part2']), ('signature_method', 'held_by_source'), _connector='OR'), name='only_a_part2_instrument_includes_part2'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), models.Q(('covers_counselling_notes', False), ('covers_proceedings', False)), _connector='OR'), name='an_active_consent_covers_no_notes_and_no_proceedings')],
            },
        ),
        migrations.CreateModel(
            name='ConsentRecipient',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('consent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recipients', to='consents.consent')),
                ('kind', models.CharField(choices=[('agency', 'an agency by name'), ('member', 'a person by name'), ('treating_providers', 'the class of treating providers'), ('third_party', 'a named third party')], max_length=20)),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('third_party_name', models.CharField(blank=True, max_length=120)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                ('may_redisclose', models.BooleanField(default=False)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agency__isnull', False), ('kind', 'agency'), ('member__isnull', True)), models.Q(('agency__isnull', True), ('kind', 'member'), ('member__isnull', False)), models.Q(('agency__isnull', True), ('kind', 'treating_providers'), ('member__isnull', True)), models.Q(('agency__isnull', True), ('kind', 'third_party'), ('member__isnull', True), models.Q(('third_party_name', ''), _negated=True)), _connector='OR'), name='a_recipient_is_who_its_kind_says'), models.UniqueConstraint(condition=models.Q(('agency__isnull', False)), fields=('consent', 'agency'), name='an_agency_is_recipient_once')],
            },
        ),
        migrations.CreateModel(
            name='ConsentContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='specific_contacts', to='consents.consent')),
                ('contact_id', models.UUIDField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('consent', 'contact_id'), name='a_contact_is_named_once')],
            },
        ),
        migrations.CreateModel(
            name='ConsentOffer',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_offers', to='people.person')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('offered_at', models.DateTimeField()),
                ('offered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('outcome', models.CharField(choices=[('offered', 'offered, still thinking'), ('declined', 'declined'), ('unable_now', 'unable to consent now'), ('accepted', 'accepted')], max_length=12)),
                ('context', models.CharField(choices=[('clinic', 'clinic'), ('home_visit', 'home visit'), ('phone_remote_esign', 'phone with remote signature'), ('facility', 'facility'), ('field_after_crisis', 'field, after the crisis'), ('on_hold', 'on a hold'), ('in_custody', 'in custody')], max_length=20)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('offer_again_at', models.DateTimeField(blank=True, null=True)),
                ('consent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='consents.consent')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('offer_again_at__isnull', False)), fields=['agency', 'offer_again_at'], name='offers_to_be_made_again')],
            },
        ),
        migrations.CreateModel(
            name='SignedDocument',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('consent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='consents.consent')),
                ('kind', models.CharField(choices=[('signed_form', 'signed form'), ('authority', 'authority of whoever signed'), ('revocation', 'written revocation')], max_length=12)),
                ('media_type', models.CharField(choices=[('application/pdf', 'PDF'), ('image/png', 'PNG'), ('image/jpeg', 'JPEG')], max_length=20)),
                ('size', models.PositiveIntegerField(help_text='Bytes, before sealing.')),
                ('sha256', models.CharField(max_length=64)),
                ('content', continuity.sealing.SealedBinaryField()),
                ('attached_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attached_at', models.DateTimeField()),
            ],
        ),
    ]
