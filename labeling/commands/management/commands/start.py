"""`manage.py start`: the whole product in the foreground, nothing else needed (what `make start` runs)."""

import errno
import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connections

from labeling.accounts.demo import demo_users
from labeling.database import integrity
from labeling.images.services import missing_originals
from labeling.server import heartbeat, redis_server
from labeling.server.supervisor import CannotStart, Child, Process, Supervisor, spawn, tether
from labeling.web.trouble import trouble_of

RUN = settings.HOME / "run"
# More than any message the sockets accept, so that a too large one gets a typed error, not a closed connection.
WS_MAX_BYTES = 8 * 1024**2
ENCODE_NICENESS = 10  # encoding uses every core; a click that comes in meanwhile goes first
HEADS_NICENESS = 15  # suggestions and training wait for encoding too
LIGHT = ("--max-memory-per-child", str(1024**2))  # KiB after which a process is replaced, once its task has ended
HEADS_PROCESSES = "2"  # one looks at images, one trains


class Command(BaseCommand):
    help = "Run Interlabel in the foreground: Redis (unless REDIS_URL), the web server, the workers. Ctrl-C stops it."
    requires_system_checks: list[str] = []  # `migrate` runs them

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run_all()
        except CannotStart as error:
            raise CommandError(str(error)) from None
        except (OSError, DatabaseError) as error:
            if isinstance(error, DatabaseError) and trouble_of(error) is None:
                raise  # a mistake of ours
            there = f"the disk of {settings.HOME}, its free space, and who may write there"
            there = "the database of DATABASE_URL" if settings.DATABASE_URL else there
            raise CommandError(f"Interlabel can't start: {error}\nNothing is lost. Check {there}.") from None
        self.say("Interlabel has stopped. Your data is kept.")

    def run_all(self) -> None:
        """Everything, until it is ended. Raises: CommandError, CannotStart; OSError and DatabaseError of the start."""
        with only_one():
            check_port(settings.HOST, settings.PORT)
            self.check_database()
            readiness = Readiness(self.say)
            supervisor = Supervisor(children(), self.say, self.prepare, lambda: readiness.look(supervisor))
            supervisor.run()

    def say(self, line: str) -> None:
        """Print a line; a terminal that went away is no reason to stop."""
        try:
            self.stdout.write(line)
            self.stdout.flush()
        except OSError:
            return

    def check_database(self) -> None:
        """Say what is wrong with the embedded database, before anything opens it.

        Raises: CommandError when saved work may be lost, unless START_DAMAGED says to go on with what can be read.
        """
        database = settings.DATABASES["default"]
        if not database["ENGINE"].endswith("sqlite3"):
            return
        path = Path(database["NAME"])
        try:
            found = integrity.look(path)
            if not any(one.serious for one in found):  # nobody may open it else
                found += integrity.whose(path, Path(settings.MEDIA_ROOT))
            if not found:
                return
            for one in found:
                self.say(f"Found: {one.text}")
            folder = integrity.keep_copy(path)
        except OSError as error:
            raise CommandError(
                f"The database can't be looked at or copied, and nothing was changed: {error}. "
                f"Check the disk of {settings.HOME}, its free space, and who may write there."
            ) from None
        self.say(f"A copy of the database as it was found is in {folder}.")
        if any(one.serious for one in found) and not settings.START_DAMAGED:
            raise CommandError(
                "Interlabel does not start, because saved work may be lost, and nothing was changed. Restore "
                f"{settings.HOME} from a backup; or go on with what can be read: START_DAMAGED=1 make start"
            )

    def check_originals(self) -> None:
        """Say which images have lost their files. Their objects are kept, so this is no reason not to start."""
        count, names = missing_originals()
        if count:
            many = "1 image has" if count == 1 else f"{count} images have"
            shown = ", ".join(names) + (" …" if count > len(names) else "")
            self.say(
                f"Found: {many} no original in {settings.MEDIA_ROOT}: {shown}. "
                "Restore that folder from a backup; what was labeled on them is kept."
            )

    def prepare(self) -> None:
        """Bring the database up to date and, on the first start, make the demo project."""
        self.say("Preparing the database and the demo project …")
        heartbeat.forget()
        call_command("migrate", interactive=False, verbosity=0)
        self.check_originals()
        if settings.DEMO:
            call_command("demo", verbosity=0)
        connections.close_all()
        self.say("Starting the web server and the workers …")


def url() -> str:
    """Where a browser on this machine finds the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HOST, settings.HOST)  # noqa: S104
    return f"http://{host}:{settings.PORT}/"


@contextmanager
def only_one() -> Iterator[None]:
    """Hold INTERLABEL_HOME's lock; the kernel lets go of it however this process ends.

    Raises: CommandError when another one holds it.
    """
    RUN.mkdir(parents=True, exist_ok=True)
    with (RUN / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandError(
                f"Interlabel is already running on the data in {settings.HOME} ({file.read().strip() or 'starting'}). "
                "Use that one, stop it, or set another INTERLABEL_HOME."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, {url()}")
        file.flush()
        yield


def check_port(host: str, port: int) -> None:
    """Raises: CommandError when the server could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken by another program. Choose a free one: PORT={port + 1} make start"
            ) from None
        raise CommandError(f"The server can't listen on HOST={host} PORT={port}: {error}.") from None


def children() -> list[Child]:
    """Every process of the product, as in docker/compose.yaml but on one machine."""
    level = os.environ.get("LOG_LEVEL", "WARNING").upper()
    environment = {**os.environ, "LOG_LEVEL": level, "PYTHONUNBUFFERED": "1"}

    def python(name: str, *module: str, niceness: int = 0) -> Child:
        command = [sys.executable, "-m", *module]
        return Child(name, lambda: spawn(command, environment, settings.BASE_DIR, niceness))

    web = ["uvicorn", "labeling.asgi:application", "--host", settings.HOST, "--port", str(settings.PORT)]
    web += ["--ws", "websockets-sansio", "--ws-max-size", str(WS_MAX_BYTES), "--lifespan", "off", "--no-server-header"]
    web += ["--http", "h11"]  # the one that labeling/web/connections.py bounds
    web.append("--no-proxy-headers")  # the application reads them itself (TRUSTED_PROXIES)
    web += ["--timeout-graceful-shutdown", "3", "--log-level", level.lower()]
    if level not in ("INFO", "DEBUG"):
        web.append("--no-access-log")
    worker = ["celery", "-A", "labeling", "--quiet", "worker", "--without-gossip", "--without-mingle"]
    worker += ["--loglevel", level]
    processes = str(settings.WORKER_PROCESSES)
    own = [
        python("web", *web),
        python("worker", *worker, *LIGHT, "-n", "worker@%h", "-Q", "interlabel", "-c", processes),
        python("encoder", *worker, "-n", "encoder@%h", "-Q", "encode", "-c", "1", niceness=ENCODE_NICENESS),
        python("heads", *worker, "-n", "heads@%h", "-Q", "heads", "-c", HEADS_PROCESSES, niceness=HEADS_NICENESS),
        python("beat", "celery", "-A", "labeling", "--quiet", "beat", "--pidfile=", "--loglevel", level),
    ]
    return [Child("redis", start_redis, foundation=True), *own] if settings.EMBEDDED_REDIS else own


def start_redis() -> Process:
    """The embedded Redis, its data in `run/` wherever its socket had to be. It may write its log to the end."""
    return redis_server.start(settings.EMBEDDED_REDIS_SOCKET, data=RUN, before_exec=tether(last_signal=signal.SIGTERM))


class Readiness:
    """Asks `/healthz` until everything is ready, then says where to go."""

    def __init__(self, say: Any) -> None:
        self.say = say
        self.began = time.monotonic()
        self.complaint_due = self.began + 45

    def look(self, supervisor: Supervisor) -> None:
        """Called by the supervisor again and again."""
        if supervisor.settled:
            return
        missing = self._missing()
        if not missing:
            supervisor.settled = True
            self._welcome()
        elif time.monotonic() > self.complaint_due:
            self.complaint_due += 30
            self.say(f"Not ready yet after {time.monotonic() - self.began:.0f} s: {missing}")

    def _missing(self) -> str:
        """What is not ready; empty when all is."""
        known = [name for name in settings.ALLOWED_HOSTS if name[:1] not in ("*", ".")]
        request = urllib.request.Request(f"{url()}healthz", headers={"Host": known[0] if known else "localhost"})
        try:
            with urllib.request.urlopen(request, timeout=2):
                return ""
        except urllib.error.HTTPError as error:
            try:
                parts = json.loads(error.read())
            except ValueError:
                return f"the server answers {error.code}."
            return " ".join(part["detail"] for part in parts.values() if isinstance(part, dict) and not part["ok"])
        except OSError as error:
            return f"the server does not answer ({error})."

    def _welcome(self) -> None:
        self.say(f"\nInterlabel is ready:  {url()}")
        for user in demo_users():
            self.say(f"  sign in as {user.username:<15} password {user.password}  ({user.role})")
        self.say(f"  data in {settings.HOME} · press Ctrl-C to stop\n")
        if settings.HOST in ("0.0.0.0", "::") and not os.environ.get("ALLOWED_HOSTS"):  # noqa: S104
            self.say(
                "  To open it from other computers, add its name to ALLOWED_HOSTS (docs/guides/configuration.md).\n"
            )
