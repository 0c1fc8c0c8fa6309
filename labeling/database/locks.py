"""Locks on rows that Django has no word for."""

from django.db import connection
from django.db.models import Model


def hold(model: type[Model], pk: int) -> bool:
    """Keep a row from being deleted until the transaction ends; it may be changed meanwhile. False when it is gone.

    The lock that PostgreSQL takes for a foreign key, but taken first: a deletion (`SELECT … FOR UPDATE`) then waits
    for the writers that came before it, and those after it wait for the deletion. On SQLite a transaction has the
    whole database.
    """
    if connection.vendor != "postgresql":
        return model._default_manager.filter(pk=pk).exists()
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE", [pk])
        return cursor.fetchone() is not None
