"""Interlabel over HTTP, as a browser speaks it: the sign-in form, the session cookie, CSRF."""

import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from labeling.workspace.smoke.report import SmokeFailed, check


class Client:
    """A browser without a window. Raises SmokeFailed for every answer that was not expected."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url, timeout=60, headers={"Referer": f"{self.url}/", "Origin": self.url}
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    @property
    def cookies(self) -> str:
        """The Cookie header for a socket."""
        return "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())

    def wait_until_ready(self, seconds: float) -> None:
        """Wait for `/healthz` to say that every part is ready."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self._http.get("/healthz")
                if answer.status_code == 200:
                    return
                what = f"is not ready: {answer.text[:500]}"
            except httpx.TransportError as error:
                what = f"does not answer ({error}). Start it with `make start`, or name another --url."
            if time.monotonic() > deadline:
                raise SmokeFailed(f"{self.url} {what}")
            time.sleep(0.5)

    def sign_in(self, username: str, password: str) -> None:
        """By the form of the sign-in page."""
        page = self._send("GET", "/sign-in", expected=(200,))
        fields = _Form.hidden_fields(page.text)
        check("csrfmiddlewaretoken" in fields, "The sign-in page has a form with a CSRF token.")
        form = {**fields, "username": username, "password": password}
        answer = self._http.post("/sign-in", data=form)
        check(
            answer.status_code == 302 and "sessionid" in self._http.cookies,
            f"Signing in as {username} leads on; the answer was {answer.status_code}. Wrong --username or --password?",
        )

    def json(self, method: str, path: str, body: Any = None, *, expected: tuple[int, ...] = (200,)) -> Any:
        """A JSON request; the answer's body."""
        headers = {"X-CSRFToken": self._http.cookies.get("csrftoken", "")}
        return self._send(method, path, expected=expected, json=body, headers=headers).json()

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """One file as multipart/form-data."""
        headers = {"X-CSRFToken": self._http.cookies.get("csrftoken", "")}
        return self._send("POST", path, expected=(201,), files={"file": (name, content)}, headers=headers).json()

    def page(self, path: str) -> str:
        """A page of the site."""
        return self._send("GET", path, expected=(200,)).text

    def download(self, path: str, to: Path) -> None:
        """Save what is at `path`."""
        with self._http.stream("GET", path) as answer, to.open("wb") as file:
            check(answer.status_code == 200, f"GET {path} is answered 200, not {answer.status_code}.")
            for chunk in answer.iter_bytes():
                file.write(chunk)

    def _send(self, method: str, path: str, *, expected: tuple[int, ...], **rest: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **rest)
        except httpx.TransportError as error:
            raise SmokeFailed(f"{method} {path}: the server does not answer ({error}).") from error
        wanted = " or ".join(str(one) for one in expected)
        check(
            answer.status_code in expected,
            f"{method} {path} is answered {wanted}, not {answer.status_code}: {answer.text[:500]}",
        )
        return answer


class _Form(HTMLParser):
    """Collects the hidden fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    @classmethod
    def hidden_fields(cls, page: str) -> dict[str, str]:
        parser = cls()
        parser.feed(page)
        return parser.fields

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("type") == "hidden" and found.get("name"):
            self.fields[str(found["name"])] = found.get("value") or ""
