"""The history of edits and events, which can be added to and read, never changed: the database refuses, whoever asks."""

import continuity.ids
import continuity.sealing
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON trail_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_never_truncated BEFORE TRUNCATE ON trail_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON trail_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_is_never_truncated BEFORE TRUNCATE ON trail_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACKWARDS = """
DROP TRIGGER trail_is_append_only ON trail_auditentry;
DROP TRIGGER trail_is_never_truncated ON trail_auditentry;
DROP TRIGGER trail_is_append_only ON trail_event;
DROP TRIGGER trail_is_never_truncated ON trail_event;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):

    replaces = [
        ('trail', '0001_initial'),
        ('trail', '0002_append_only'),
        ('trail', '0003_answered_requests'),
        ('trail', '0004_banner'),
        ('trail', '0005_accounts'),
    ]

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype', verbose_name='content type')),
                ('object_pk', models.CharField(db_index=True, max_length=255, verbose_name='object pk')),
                ('object_id', models.BigIntegerField(blank=True, db_index=True, null=True, verbose_name='object id')),
                ('object_repr', models.TextField(verbose_name='object representation')),
                ('serialized_data', models.JSONField(null=True)),
                ('action', models.PositiveSmallIntegerField(choices=[(0, 'create'), (1, 'update'), (2, 'delete'), (3, 'access')], db_index=True, verbose_name='action')),
                ('changes_text', models.TextField(blank=True, verbose_name='change message')),
                ('changes', models.JSONField(null=True, verbose_name='change message')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
                ('cid', models.CharField(blank=True, db_index=True, max_length=255, null=True, verbose_name='Correlation ID')),
                ('remote_addr', models.GenericIPAddressField(blank=True, null=True, verbose_name='remote address')),
                ('remote_port', models.PositiveIntegerField(blank=True, null=True, verbose_name='remote port')),
                ('timestamp', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='timestamp')),
                ('additional_data', models.JSONField(blank=True, null=True, verbose_name='additional data')),
                ('actor_email', models.CharField(blank=True, max_length=254, null=True, verbose_name='actor email')),
                ('purpose', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'ordering': ['-timestamp'],
                'get_latest_by': 'timestamp',
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('signed_in', 'Signed In'), ('sign_in_failed', 'Sign In Failed'), ('signed_out', 'Signed Out'), ('duty_chosen', 'Duty Chosen'), ('banner_acknowledged', 'Banner Acknowledged'), ('invited', 'Invited'), ('invitation_used', 'Invitation Used'), ('invitation_refused', 'Invitation Refused'), ('invitation_withdrawn', 'Invitation Withdrawn'), ('password_changed', 'Password Changed'), ('factor_added', 'Factor Added'), ('factor_removed', 'Factor Removed'), ('factor_failed', 'Factor Failed'), ('recovery_code_used', 'Recovery Code Used'), ('reauthenticated', 'Reauthenticated'), ('reauthentication_failed', 'Reauthentication Failed'), ('screen_locked', 'Screen Locked'), ('session_timed_out', 'Session Timed Out'), ('session_ended', 'Session Ended'), ('account_locked', 'Account Locked'), ('account_released', 'Account Released'), ('account_activated', 'Account Activated'), ('account_suspended', 'Account Suspended'), ('account_deactivated', 'Account Deactivated'), ('account_reviewed', 'Account Reviewed'), ('membership_begun', 'Membership Begun'), ('membership_ended', 'Membership Ended'), ('roles_changed', 'Roles Changed'), ('privilege_refused', 'Privilege Refused'), ('provider_linked', 'Provider Linked'), ('provider_unlinked', 'Provider Unlinked'), ('provider_refused', 'Provider Refused'), ('token_issued', 'Token Issued'), ('token_refused', 'Token Refused'), ('client_registered', 'Client Registered'), ('client_changed', 'Client Changed'), ('keys_rotated', 'Keys Rotated')], max_length=30)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('about', models.CharField(blank=True, help_text='An id or a keyed hash, never a name.', max_length=80)),
                ('remote_addr', models.GenericIPAddressField(null=True)),
                ('request_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['member', 'at'], name='trail_event_member__fa251e_idx')],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.CreateModel(
            name='AnsweredRequest',
            fields=[
                ('id', models.UUIDField(default=continuity.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True)),
                ('membership_id', models.UUIDField(help_text='Who asked on which duty; the trail lies below its model.')),
                ('key_hmac', models.CharField(max_length=32)),
                ('request_hmac', models.CharField(help_text='Keyed hash of method, path and body.', max_length=32)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('etag', models.CharField(blank=True, max_length=80)),
                ('location', models.CharField(blank=True, max_length=200)),
                ('body', continuity.sealing.SealedBinaryField(default=bytes)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('membership_id', 'key_hmac'), name='a_key_of_a_member_on_duty_is_answered_once')],
            },
        ),
    ]
