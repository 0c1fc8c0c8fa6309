"""docker/: the compose file parses, and what it names exists here: commands, variables, volumes, ports, files."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from labeling.celery import app
from labeling.server import heartbeat
from labeling.web import gate
from tests.ops.test_configuration import documented
from tests.patience import PATIENCE
from tests.stack.processes import ROOT, compose_command, free_port
from tests.unit.test_access_everywhere import ROUTES

DOCKER = ROOT / "docker"
# Read by other programs in the containers.
NOT_OURS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDISCLI_AUTH"}
OURS = ("migrate", "web", "worker", "worker-cpu", "worker-gpu", "worker-heads", "beat")


UPLOADS = r"location ~ (\^/api/\(uploads\S+) \{([^}]*)\}"
"""Where nginx says which routes take uploads."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def placeholders(text: str) -> dict[str, bool]:
    """Variables that the compose file takes from `.env`: whether each is required."""
    found = re.findall(r"(?<!\$)\$\{(\w+)(:?[-?]?)", text)
    return {name: any(other == name and mark == ":?" for other, mark in found) for name, _ in found}


def test_it_has_every_process_of_a_team(services: dict[str, Any]) -> None:
    assert set(services) == {*OURS, "postgres", "redis", "proxy"}
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    device = services["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"][0]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}


def test_docker_accepts_it() -> None:
    """Where the client can say so; the other tests here hold wherever there is none."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, timeout=PATIENCE).returncode == 0:
        values = {
            name: "x" for name, required in placeholders((DOCKER / "compose.yaml").read_text()).items() if required
        }
        command = [docker, "compose", "-f", str(DOCKER / "compose.yaml"), "--profile", "gpu", "config", "--quiet"]
        done = subprocess.run(command, env={**os.environ, **values}, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", OURS)
def test_every_command_exists(services: dict[str, Any], service: str) -> None:
    python, *rest = services[service]["command"]
    assert python == "python"
    if rest[0] == "-m":
        done = subprocess.run([sys.executable, "-m", rest[1], "--help"], capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0
    else:
        assert rest[0] == "manage.py"
        assert rest[1] in get_commands()


def test_the_application_that_web_serves_exists(services: dict[str, Any]) -> None:
    module, name = services["web"]["command"][3].split(":")
    assert hasattr(__import__(module, fromlist=[name]), name)


def options(command: list[str]) -> dict[str, str]:
    """`--name=value` and `-q value` options of a command."""
    found = dict(part.split("=", 1) for part in command if part.startswith("--") and "=" in part)
    found |= {command[i]: command[i + 1] for i in range(len(command) - 1) if re.fullmatch(r"-[A-Zcnq]", command[i])}
    return found


def test_every_queue_is_served_and_no_other(services: dict[str, Any]) -> None:
    served = {options(s["command"])["-Q"] for name, s in services.items() if name.startswith("worker")}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert served == routed == set(heartbeat.QUEUES)


def test_every_periodic_task_exists() -> None:
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= entry["schedule"]


def test_web_runs_with_the_options_of_the_one_command_start(services: dict[str, Any]) -> None:
    from labeling.commands.management.commands.start import WS_MAX_BYTES, children

    assert [child.name for child in children()][-5:] == ["web", "worker", "encoder", "heads", "beat"]
    web = options(services["web"]["command"])
    assert web["--ws"] == "websockets-sansio"
    assert web["--ws-max-size"] == str(WS_MAX_BYTES)
    assert web["--http"] == "h11"  # what labeling/web/connections.py bounds
    assert web["--lifespan"] == "off"


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_one_that_the_product_reads(services: dict[str, Any], service: str) -> None:
    assert set(services[service]["environment"]) <= documented()


def test_secrets_come_from_outside_and_missing_ones_are_refused(services: dict[str, Any]) -> None:
    text = (DOCKER / "compose.yaml").read_text()
    required = {name for name, needed in placeholders(text).items() if needed}
    assert required == {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS"}
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert re.search(rf"^{name}=$", (DOCKER / ".env.example").read_text(), re.MULTILINE), f"{name} has a value"


def test_the_example_names_exactly_what_compose_reads() -> None:
    example = set(re.findall(r"^(\w+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE))
    assert example == set(placeholders((DOCKER / "compose.yaml").read_text()))
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "docker/.env" in ignored


def test_volumes_and_dependencies_are_declared(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"]
        for other, wanted in service.get("depends_on", {}).items():
            assert other in services
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
    for name in OURS:
        assert services[name]["volumes"] == ["data:/data"]
        assert services[name]["environment"]["INTERLABEL_HOME"] == "/data"


def test_every_lasting_service_but_beat_has_a_health_check(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate", "beat"}


def test_worker_health_checks_ask_the_node_that_runs_there(services: dict[str, Any]) -> None:
    for name in ("worker", "worker-cpu", "worker-gpu"):
        node = options(services[name]["command"])["-n"].removesuffix("%h")
        assert f"-d {node}$$HOSTNAME" in services[name]["healthcheck"]["test"][1]


def test_only_the_proxy_is_reachable_and_the_ports_meet(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    nginx = (DOCKER / "nginx.conf").read_text()
    inner = services["proxy"]["ports"][0].rsplit(":", 1)[1]
    assert f"listen {inner};" in nginx
    web_port = options(services["web"]["command"])["--port"]
    assert f"server web:{web_port};" in nginx
    assert services["web"]["expose"] == [web_port]


def test_the_proxy_passes_websockets_and_large_uploads() -> None:
    nginx = (DOCKER / "nginx.conf").read_text()
    sockets = nginx.split("location /ws/ {")[1].split("}")[0]
    assert "proxy_set_header Upgrade $http_upgrade;" in sockets
    assert 'proxy_set_header Connection "upgrade";' in sockets
    uploads = re.search(UPLOADS, nginx)
    assert uploads is not None
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", uploads[2])[1])  # type: ignore[index]
    assert settings.MAX_UPLOAD_BYTES < megabytes * 1024**2 <= settings.MAX_UPLOAD_BYTES + gate.FORM_BYTES + 2 * 1024**2


def test_the_proxy_has_the_limits_of_the_application() -> None:
    """The same small limit everywhere, and the same routes with a larger one."""
    nginx = (DOCKER / "nginx.conf").read_text()
    assert f"client_max_body_size {gate.SMALL_BYTES // 1024**2}m;" in nginx.split("location")[0]
    masks = re.search(r"location ~ (\^/api/\(images\S+) \{([^}]*)\}", nginx)
    uploads = re.search(UPLOADS, nginx)
    assert masks is not None
    assert uploads is not None
    assert f"client_max_body_size {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2}m;" in masks[2]
    for route in ROUTES:
        path = "/" + re.sub("<[^>]*>", "1", route)
        rule = gate.rule_of(path)
        assert bool(re.search(masks[1], path)) == (rule.limit == settings.DATA_UPLOAD_MAX_MEMORY_SIZE), path
        assert bool(re.search(uploads[1], path)) == rule.is_upload, path


def test_a_proxy_is_believed_as_far_as_it_is_configured(services: dict[str, Any]) -> None:
    nginx = (DOCKER / "nginx.conf").read_text()
    assert "X-Forwarded-For $remote_addr" not in nginx
    assert nginx.count("X-Forwarded-For $proxy_add_x_forwarded_for;") == 2
    assert "--no-proxy-headers" in services["web"]["command"]
    assert services["web"]["environment"]["TRUSTED_PROXIES"] == "${TRUSTED_PROXIES:-1}"


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    """By nginx itself where it is installed (CI does); its braces and semicolons everywhere."""
    text = (DOCKER / "nginx.conf").read_text()
    code = re.sub(r"#.*", "", text)
    assert code.count("{") == code.count("}")
    assert all(line.rstrip().endswith((";", "{", "}")) for line in code.splitlines() if line.strip())
    nginx = shutil.which("nginx")
    if nginx:
        site = text.replace("server web:8000;", "server 127.0.0.1:8000;").replace(
            "listen 8080;", f"listen {free_port()};"
        )
        (tmp_path / "site.conf").write_text(site)
        main = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ include {tmp_path}/site.conf; }}"
        (tmp_path / "nginx.conf").write_text(main)
        done = subprocess.run(
            [nginx, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 0, done.stderr


def test_the_image_is_not_root_and_copies_what_exists() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    final = text.split("\nFROM ")[-1]
    assert re.search(r"^USER interlabel$", final, re.MULTILINE)
    assert "HEALTHCHECK" not in final  # each service of the compose file has its own
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    shown = [line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = {s for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for s in line.split()}
    assert set(shown) == copied


def test_the_image_collects_static_files(tmp_path: Path) -> None:
    """The Dockerfile's own step, on a copy of what the image gets."""
    for name in ("manage.py", "labeling", "static"):
        source, target = ROOT / name, tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for name in ("inference", "decoding"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SERVE_STATIC_FROM_SOURCE": "0", "SECRET_KEY": "x", "INTERLABEL_HOME": "home"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    names = json.loads((tmp_path / "collected" / "staticfiles.json").read_text())["paths"]
    assert {"editor.js", "pages.js", "interlabel.css"} <= set(names)


@pytest.fixture
def ill_server(tmp_path: Path) -> Iterator[int]:
    """A web server without migrations, broker or worker."""
    port = free_port()
    values = {"REDIS_URL": "redis://127.0.0.1:1/0", "INTERLABEL_HOME": str(tmp_path), "ALLOWED_HOSTS": "a.example"}
    environment = {name: value for name, value in os.environ.items() if name not in documented()} | values
    process = subprocess.Popen(
        compose_command("web", values, port), cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Uvicorn running" in line:
            break
    yield port
    process.terminate()
    process.communicate(timeout=PATIENCE)


def test_the_health_check_script_says_what_is_ill(ill_server: int) -> None:
    command = [sys.executable, str(DOCKER / "healthcheck.py"), str(ill_server)]
    done = subprocess.run(command, env={"ALLOWED_HOSTS": "a.example"}, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert "database: " in done.stdout
    assert "broker: Redis does not answer." in done.stdout
    assert "worker" not in done.stdout


def test_the_health_check_script_tells_silence() -> None:
    command = [sys.executable, str(DOCKER / "healthcheck.py"), str(free_port())]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout.startswith("no answer")) == (1, True)
