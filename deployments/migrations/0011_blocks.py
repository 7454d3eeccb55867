"""Indexes of texts that know, on PostgreSQL, which block of numbers a text belongs to.

A search reads the newest numbers first. Without the block each step of it would go through all
places of a text, however few of them lie among those numbers.
"""

from django.db import migrations

INDEXES = {
    "deployments_found_facts": (
        "deployments_deployment USING gin"
        " ((ref || chr(10) || sha || chr(10) || subject || chr(10) || why || chr(10) || note) gin_trgm_ops,"
        " (ARRAY[id >> 13]))"
    ),
    "deployments_found_log": (
        "deployments_logchunk USING gin (text gin_trgm_ops, (ARRAY[deployment_id >> 13]))"
        " WITH (gin_pending_list_limit = 65536)"
    ),
}


def make(apps, schema_editor):
    """Concurrently, and the old one goes when the new one is there: searches go on meanwhile."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, what in INDEXES.items():
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_new")
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {name}_new ON {what}")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        schema_editor.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
    # What is in an index of an expression is known to the planner only then.
    schema_editor.execute("ANALYZE deployments_deployment")
    schema_editor.execute("ANALYZE deployments_logchunk")


class Migration(migrations.Migration):

    atomic = False  # indexes are made concurrently

    dependencies = [
        ("deployments", "0010_truth"),
    ]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
