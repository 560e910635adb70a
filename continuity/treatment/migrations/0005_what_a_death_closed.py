"""How a promise stood before a death closed it: given back where the death was nobody's, or another's (P-5)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('treatment', '0004_sealed_notes'),
    ]

    operations = [
        migrations.AddField(
            model_name='followup',
            name='reason_before_death',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='followup',
            name='status_before_death',
            field=models.CharField(blank=True, choices=[('draft', 'Draft'), ('sent', 'Sent'), ('received', 'Received'), ('accepted', 'Accepted'), ('declined_by_recipient', 'Declined By Recipient'), ('scheduled', 'Scheduled'), ('engaged', 'Engaged'), ('waitlisted', 'Waitlisted'), ('completed', 'Completed'), ('cancelled_by_person', 'Cancelled By Person'), ('unable', 'Unable'), ('entered_in_error', 'Entered In Error')], db_default='', default='', editable=False, max_length=24),
        ),
        migrations.AddField(
            model_name='linkage',
            name='reason_before_death',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='linkage',
            name='status_before_death',
            field=models.CharField(blank=True, choices=[('draft', 'Draft'), ('sent', 'Sent'), ('received', 'Received'), ('accepted', 'Accepted'), ('declined_by_recipient', 'Declined By Recipient'), ('scheduled', 'Scheduled'), ('engaged', 'Engaged'), ('waitlisted', 'Waitlisted'), ('completed', 'Completed'), ('cancelled_by_person', 'Cancelled By Person'), ('unable', 'Unable'), ('entered_in_error', 'Entered In Error')], db_default='', default='', editable=False, max_length=24),
        ),
    ]
