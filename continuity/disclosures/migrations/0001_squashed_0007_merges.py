"""The ledger and its seals, accounting, review of use, merges.

The ledger's table is written by hand: PostgreSQL partitions it by month on `id` (UUIDv7), which Django cannot say. Row
triggers reach partitions from the parent; a TRUNCATE trigger does not, so the function that makes a partition adds one.
The function runs with its owner's rights: the site's role may make next month's partition and nothing else.
"""

import continuity.ids
import continuity.sealing
import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

TABLE = """
CREATE TABLE disclosures_ledgerentry (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    asker_id uuid NOT NULL REFERENCES agencies_membership (id),
    agency_id uuid NOT NULL REFERENCES agencies_agency (id),
    roles varchar(24)[] NOT NULL,
    purpose varchar(24) NOT NULL,
    incident_ref varchar(40) NOT NULL,
    reason_given varchar(300) NOT NULL,
    channel varchar(8) NOT NULL,
    outcome varchar(9) NOT NULL,
    refusal varchar(40) NOT NULL,
    person_id uuid REFERENCES people_person (id),
    match_grade varchar(14) NOT NULL,
    search_hmac varchar(32) NOT NULL,
    categories varchar(2)[] NOT NULL,
    bases jsonb NOT NULL,
    custodians uuid[] NOT NULL,
    consents uuid[] NOT NULL,
    records jsonb NOT NULL,
    records_sha256 varchar(64) NOT NULL,
    notices varchar(40)[] NOT NULL,
    request_id varchar(64) NOT NULL,
    remote_addr inet,
    emergency uuid,
    recipient varchar(200) NOT NULL,
    CONSTRAINT a_release_names_a_person CHECK (outcome <> 'released' OR person_id IS NOT NULL),
    CONSTRAINT outcomes_are_known CHECK (outcome IN ('released', 'refused', 'empty', 'read', 'previewed')),
    CONSTRAINT only_a_refusal_says_why
        CHECK ((outcome IN ('released', 'read', 'previewed')) = (refusal = ''))
) PARTITION BY RANGE (id);
CREATE INDEX ledger_of_a_person ON disclosures_ledgerentry (person_id, id);
CREATE INDEX ledger_of_an_asker ON disclosures_ledgerentry (asker_id, id);
"""
PARTITIONS = """
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON disclosures_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON disclosures_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION first_id_of(month date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION make_ledger_partition(month date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    partition text := 'disclosures_ledgerentry_' || to_char(first_day, 'YYYYMM');
BEGIN
    IF to_regclass(partition) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF disclosures_ledgerentry FOR VALUES FROM (%L) TO (%L)',
                       partition, first_id_of(first_day), first_id_of((first_day + interval '1 month')::date));
        EXECUTE format('CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition);
    END IF;
    RETURN partition;
END $$;

CREATE TABLE disclosures_ledgerentry_default PARTITION OF disclosures_ledgerentry DEFAULT;
CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON disclosures_ledgerentry_default
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
SELECT make_ledger_partition((date_trunc('month', now()) + make_interval(months => ahead))::date)
FROM generate_series(-1, 12) AS ahead;
"""
NO_PARTITIONS = """
DROP FUNCTION make_ledger_partition(date);
DROP FUNCTION first_id_of(date);
"""
# Their marks are random bytes, which no compression makes smaller.
SEALS = """
ALTER TABLE disclosures_ledgerseal ALTER COLUMN marks SET STORAGE EXTERNAL;
CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE ON disclosures_ledgerseal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_are_never_truncated BEFORE TRUNCATE ON disclosures_ledgerseal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
NO_SEALS = """
DROP TRIGGER seals_are_append_only ON disclosures_ledgerseal;
DROP TRIGGER seals_are_never_truncated ON disclosures_ledgerseal;
"""


class Migration(migrations.Migration):

    replaces = [
        ('disclosures', '0001_initial'),
        ('disclosures', '0002_partitions'),
        ('disclosures', '0003_own_readings_and_previews'),
        ('disclosures', '0004_notices_as_a_channel'),
        ('disclosures', '0005_accounting_seals_and_use'),
        ('disclosures', '0006_seals_are_append_only'),
        ('disclosures', '0007_merges'),
    ]

    initial = True

    dependencies = [
        ('agencies', '0005_accounts'),
        ('people', '0001_squashed_0004_merges_and_duplicates'),
        ('trail', '0001_squashed_0005_accounts'),
    ]

    operations = [
        migrations.RunSQL(
            sql=TABLE,
            reverse_sql="DROP TABLE disclosures_ledgerentry",
            state_operations=[
                migrations.CreateModel(
                    name='LedgerEntry',
                    fields=[
                        ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('asker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                        ('agency', models.ForeignKey(help_text="The asker's duty agency.", on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                        ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), help_text='The roles asked in.', size=None)),
                        ('purpose', models.CharField(choices=[('treatment', 'treatment'), ('care_coordination', 'care coordination'), ('emergency_treatment', 'emergency treatment'), ('le_crisis_response', 'le crisis response'), ('threat_to_safety', 'threat to safety'), ('operations_qi', 'operations qi'), ('program_reporting', 'program reporting'), ('compliance_audit', 'compliance audit'), ('patient_request', 'patient request'), ('legal_process', 'legal process'), ('system_admin', 'system admin')], max_length=24)),
                        ('incident_ref', models.CharField(blank=True, max_length=40)),
                        ('reason_given', models.CharField(blank=True, max_length=300)),
                        ('channel', models.CharField(choices=[('api', 'Api'), ('page', 'Page'), ('admin', 'Admin'), ('notice', 'Notice'), ('export', 'Export'), ('paper', 'Paper'), ('verbal', 'Verbal')], max_length=8)),
                        ('outcome', models.CharField(choices=[('released', 'Released'), ('refused', 'Refused'), ('empty', 'Empty'), ('read', 'Read'), ('previewed', 'Previewed')], max_length=9)),
                        ('refusal', models.CharField(blank=True, help_text='Which gate said no; only the ledger knows.', max_length=40)),
                        ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                        ('match_grade', models.CharField(max_length=14)),
                        ('search_hmac', models.CharField(help_text='Keyed hash of what was typed.', max_length=32)),
                        ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('D0', 'existence'), ('D1', 'safety observations and what helps'), ('D2', 'operational summaries of contacts'), ('D3', 'clinical narrative'), ('D4', 'substance use disorder records (42 CFR Part 2)'), ('D5', 'link to the treatment team'), ('D6', 'linkages and follow-ups'), ('D7', 'consent document')], max_length=2), default=list, size=None)),
                        ('bases', models.JSONField(default=list, help_text='Openings: custodian, category, basis, form, consent.')),
                        ('custodians', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                        ('consents', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                        ('emergency', models.UUIDField(help_text='The emergency access that opened some of it.', null=True)),
                        ('recipient', models.CharField(blank=True, help_text='Whom a member gave it to outside of this service.', max_length=200)),
                        ('records', models.JSONField(default=list, help_text='[kind, id, version] of each record shown.')),
                        ('records_sha256', models.CharField(blank=True, max_length=64)),
                        ('notices', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                        ('request_id', models.CharField(blank=True, max_length=64)),
                        ('remote_addr', models.GenericIPAddressField(null=True)),
                    ],
                    options={
                        'verbose_name_plural': 'ledger entries',
                        'indexes': [models.Index(fields=['person', 'id'], name='ledger_of_a_person'), models.Index(fields=['asker', 'id'], name='ledger_of_an_asker')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(PARTITIONS, NO_PARTITIONS),
        migrations.CreateModel(
            name='LedgerSeal',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('table', models.CharField(max_length=63)),
                ('number', models.PositiveIntegerField(help_text='1, 2, 3 ... within the table.')),
                ('kind', models.CharField(choices=[('sealed', 'rows of a period were sealed'), ('detached', 'a month was archived and detached'), ('attached', 'a detached month came back')], default='sealed', max_length=8)),
                ('from_id', models.UUIDField(help_text='First id of the period (inclusive).')),
                ('until_id', models.UUIDField(help_text='End of the period (exclusive).')),
                ('rows', models.PositiveBigIntegerField()),
                ('root', models.CharField(help_text="Hash over the rows' ids and hashes in order of their ids; of a detached month: its archive's.", max_length=64)),
                ('marks', models.BinaryField(default=bytes, help_text='24 bytes a row: its id and the first 8 of its hash. They name what was tampered with.')),
                ('marks_sha256', models.CharField(max_length=64)),
                ('previous', models.CharField(blank=True, help_text='The mac of the seal before; empty: the first.', max_length=64)),
                ('format', models.PositiveSmallIntegerField(default=1, help_text='Which columns, in which canonical form.')),
                ('key_id', models.CharField(max_length=16)),
                ('mac', models.CharField(help_text='Keyed hash over all of the above.', max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('table', 'number'), name='seals_of_a_table_are_numbered')],
            },
        ),
        migrations.RunSQL(SEALS, NO_SEALS),
        migrations.CreateModel(
            name='AccountingRequest',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('agency', models.ForeignKey(help_text='The custodian that answers.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('kind', models.CharField(choices=[('accounting', 'accounting of disclosures (164.528, 2.25)'), ('intermediary_list', 'list of recipients of an intermediary (2.24)'), ('own_record', "the person's own record (164.524)"), ('access_log', 'who looked at the record')], max_length=18)),
                ('state', models.CharField(choices=[('received', 'received'), ('prepared', 'prepared'), ('delivered', 'delivered'), ('withdrawn', 'withdrawn')], default='received', max_length=9)),
                ('asked_by', models.CharField(help_text='The person, or who acts for them and on which authority.', max_length=120)),
                ('requested_at', models.DateTimeField()),
                ('received_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('period_from', models.DateTimeField()),
                ('period_until', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('extended_at', models.DateTimeField(null=True)),
                ('extension_reason', models.CharField(blank=True, max_length=300)),
                ('prepared_at', models.DateTimeField(null=True)),
                ('prepared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('content', continuity.sealing.SealedBinaryField(default=bytes, help_text='What was prepared, as JSON.')),
                ('content_sha256', models.CharField(blank=True, max_length=64)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('delivered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('delivered_to', models.CharField(blank=True, help_text='To whom and how.', max_length=120)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['received', 'prepared'])), fields=['agency', 'due_at'], name='accountings_that_are_owed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('period_until__gt', models.F('period_from'))), name='an_accounting_covers_a_period')],
            },
        ),
        migrations.CreateModel(
            name='AccountingSuspension',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('origin', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('agency', models.ForeignKey(help_text='The custodian that keeps it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('for_agency', models.ForeignKey(help_text='Whose entries stay out.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('official_name', models.CharField(max_length=120)),
                ('official_title', models.CharField(blank=True, max_length=120)),
                ('is_oral', models.BooleanField()),
                ('document_ref', models.CharField(blank=True, help_text='Where the written statement lies.', max_length=200)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at')), models.Q(('is_oral', False), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('starts_at'), '+', models.Value(datetime.timedelta(days=30)))), _connector='OR')), name='a_suspension_ends_and_a_spoken_one_within_30_days'), models.CheckConstraint(condition=models.Q(('is_oral', True), models.Q(('document_ref', ''), _negated=True), _connector='OR'), name='a_written_suspension_names_its_paper')],
            },
        ),
        migrations.CreateModel(
            name='UseFinding',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('asker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('kind', models.CharField(choices=[('no_dispatch_match', 'look-ups without a call of that number'), ('name_sweep', 'many different people in a short time'), ('zero_hits', 'a streak of questions without an answer'), ('self', 'looked up somebody of the own name'), ('colleague', 'looked up somebody who works there'), ('same_surname', 'looked up somebody of the same surname'), ('restricted_person', 'saw a restricted person'), ('after_hours', 'used outside of the usual hours'), ('emergency_use', 'used emergency access')], max_length=18)),
                ('week', models.DateField(help_text="The Monday it begins with, in the agency's time zone.")),
                ('count', models.PositiveIntegerField()),
                ('entries', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='Ids of ledger rows, 50 at most.', size=None)),
                ('verdict', models.CharField(blank=True, choices=[('', 'not reviewed'), ('explained', 'explained'), ('referred', 'referred')], default='', max_length=9)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('asker', 'kind', 'week'), name='a_week_finds_a_kind_once'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('asker')), _negated=True), _connector='OR'), name='nobody_reviews_their_own_use')],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('survivor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('retired', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('pair', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.duplicatepair')),
                ('state', models.CharField(choices=[('requested', 'waits for a second person'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('merged', 'merged'), ('unmerge_requested', 'to be taken apart'), ('unmerged', 'taken apart')], default='requested', max_length=17)),
                ('chosen', models.JSONField(default=dict)),
                ('before', models.JSONField(default=dict)),
                ('carried', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('reason', models.CharField(help_text='Why the two are one person.', max_length=300)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('requested_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('decided_at', models.DateTimeField(help_text='Approved, refused or withdrawn.', null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('unmerge_reason', models.CharField(blank=True, max_length=300)),
                ('unmerge_requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('unmerge_requested_at', models.DateTimeField(null=True)),
                ('unmerged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('unmerged_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('survivor', models.F('retired')), _negated=True), name='nobody_is_merged_with_themselves'), models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'refused', 'withdrawn']), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('decided_by', models.F('requested_by')), _negated=True)), _connector='OR'), name='a_merge_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'unmerged'), _negated=True), models.Q(('unmerged_at__isnull', False), ('unmerged_by__isnull', False), models.Q(('unmerged_by', models.F('unmerge_requested_by')), _negated=True)), _connector='OR'), name='an_unmerge_takes_two'), models.UniqueConstraint(condition=models.Q(('state__in', ['requested', 'merged', 'unmerge_requested'])), fields=('retired',), name='a_person_is_retired_once')],
            },
        ),
        migrations.CreateModel(
            name='MergeReview',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('merge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='disclosures.merge')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('reviewed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('reviewed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('merge', 'agency'), name='a_merge_is_reviewed_once_by_an_agency')],
            },
        ),
        migrations.CreateModel(
            name='UnmergeChoice',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('merge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='disclosures.merge')),
                ('agency', models.ForeignKey(help_text='The custodian, who decides.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('table', models.CharField(max_length=60)),
                ('row', models.UUIDField()),
                ('is_of_retired', models.BooleanField(help_text='None: not decided yet.', null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('merge', 'table', 'row'), name='a_row_is_sorted_once'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('is_of_retired', None)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('is_of_retired__isnull', False)), _connector='OR'), name='a_choice_says_who_decided')],
            },
        ),
        migrations.CreateModel(
            name='IdentityReport',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('ledger_id', models.UUIDField(help_text='One report of one answer.', unique=True)),
                ('reported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('reported_at', models.DateTimeField()),
                ('said', models.CharField(blank=True, max_length=300)),
                ('outcome', models.CharField(blank=True, choices=[('', 'to be looked at'), ('wrong_person', "another person's record"), ('right_person', "the right person's record"), ('unclear', 'cannot be told')], default='', max_length=12)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.membership')),
                ('closed_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('outcome', '')), fields=['reported_at'], name='reports_to_look_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('outcome', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='a_closed_report_says_by_whom')],
            },
        ),
    ]
