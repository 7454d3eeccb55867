"""An index that tells most searches of the history by itself."""

from django.db import migrations, models

NAME = "deployments_by_status"
INDEX = models.Index(
    fields=["status", "-id", "reason", "environment", "person", "via", "kind", "forced", "task"],
    name=NAME,
)


def make(apps, schema_editor):
    """Concurrently on PostgreSQL, so that whoever writes meanwhile is not held up."""
    model = apps.get_model("deployments", "Deployment")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}")
        schema_editor.execute(INDEX.create_sql(model, schema_editor, concurrently=True))
    else:
        schema_editor.add_index(model, INDEX)


def unmake(apps, schema_editor):
    schema_editor.remove_index(apps.get_model("deployments", "Deployment"), INDEX)


class Migration(migrations.Migration):

    atomic = False  # an index is made concurrently

    dependencies = [
        ("deployments", "0006_doubts"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make, unmake)],
            state_operations=[migrations.AddIndex(model_name="deployment", index=INDEX)],
        ),
    ]
