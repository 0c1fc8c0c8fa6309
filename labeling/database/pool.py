"""PostgreSQL connections of the web process: a pool, so that their number is bounded and none is made for a request."""

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend


def use_pool() -> None:
    """Let this process take its connections from a pool of `DATABASE_POOL`. Called before any is made.

    Only the web process: a Celery worker forks, which no pool survives, and has one connection a process.
    """
    database = connections.settings["default"]
    if database["ENGINE"].endswith("sqlite3") or settings.DATABASE_POOL <= 0:
        return
    # Who waits longer than this for a connection is answered 503.
    database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": settings.DATABASE_POOL, "timeout": 5, "max_idle": 60}


def own_connection(**options: Any) -> BaseDatabaseWrapper:
    """A connection to the default database that is not the pool's and not the thread's. The caller closes it.

    options: added to the engine's own.
    """
    database = dict(connections["default"].settings_dict)
    database["OPTIONS"] = {**database["OPTIONS"], **options}
    database["OPTIONS"].pop("pool", None)
    made: BaseDatabaseWrapper = load_backend(database["ENGINE"]).DatabaseWrapper(database, "default")
    made.inc_thread_sharing()
    return made
