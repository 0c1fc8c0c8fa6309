"""What tests of the running product ask of it over HTTP."""

import io
from typing import Any

import httpx

from tests.conftest import picture_bytes


def csrf_token(client: httpx.Client | httpx.AsyncClient) -> str:
    """From the cookie of whichever installation it is."""
    return next(value for name, value in client.cookies.items() if name.startswith("interlabel_csrf_"))


def call(client: httpx.Client, method: str, url: str, **options: Any) -> Any:
    """What the API answers. Raises: AssertionError when it refuses."""
    answer = client.request(method, url, **options)
    assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
    return answer.json()


def make_project(client: httpx.Client, name: str, pictures: int) -> int:
    """A project of the client's with some pictures of discs, on their way to be encoded."""
    classes = [{"name": "disc", "color": "#e4572e", "hotkey": 1, "kind": "thing"}]
    project = call(client, "POST", "/api/projects", json={"name": name, "categories": classes})["id"]
    upload = call(client, "POST", f"/api/projects/{project}/uploads")["id"]
    files = [("file", (f"{n}.png", io.BytesIO(picture_bytes(640, 480, seed=n)), "image/png")) for n in range(pictures)]
    call(client, "POST", f"/api/uploads/{upload}/files", files=files)
    call(client, "POST", f"/api/uploads/{upload}/close")
    return int(project)
