"""The tables of a database that has none yet, made in one go instead of migration by migration."""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model


def make_tables(connection: BaseDatabaseWrapper) -> None:
    """An empty SQLite file gets what all migrations together lead to, and a note that they were applied; any
    other database is left to them. All or nothing, whatever stops it.

    On the way there Django would write every model anew for each change of any: 3.5 of 4 seconds. Code in
    migrations is not run: it changes rows, of which there are none, and must never be what adds the first.
    """
    if connection.vendor != "sqlite" or connection.introspection.table_names():
        return
    loader = MigrationLoader(connection)
    record = MigrationRecorder(connection).Migration
    models: list[type[Model]] = [*loader.project_state().apps.get_models(), record]
    with connection.schema_editor(atomic=True) as editor:
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        done = set(loader.graph.nodes).union(*(node.replaces for node in loader.graph.nodes.values()))
        record.objects.using(connection.alias).bulk_create(
            record(app=app, name=name) for app, name in sorted(done)
        )
