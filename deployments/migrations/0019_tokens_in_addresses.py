from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0018_deliveries'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='in_addresses',
            field=models.BooleanField(default=False),
        ),
    ]
