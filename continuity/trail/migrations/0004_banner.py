from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trail', '0003_answered_requests'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('signed_in', 'Signed In'), ('sign_in_failed', 'Sign In Failed'), ('signed_out', 'Signed Out'), ('duty_chosen', 'Duty Chosen'), ('banner_acknowledged', 'Banner Acknowledged')], max_length=30),
        ),
    ]
