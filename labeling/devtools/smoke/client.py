"""Interlabel over HTTP, as a browser speaks it: the sign-in form, the session cookie, CSRF."""

import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from labeling.devtools.smoke.report import SmokeFailed, check


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
        answer = self._submit("/sign-in", {"username": username, "password": password})
        check(
            answer.status_code == 302 and bool(self._cookie("session")),
            f"Signing in as {username} leads on; the answer was {answer.status_code}. Wrong --username or --password?",
        )

    def sign_out(self) -> None:
        """End the session."""
        headers = {"X-CSRFToken": self._cookie("csrf")}
        self._send("POST", "/sign-out", expected=(302,), headers=headers)

    def submit(self, page: str, fields: dict[str, str], to: str = "") -> str:
        """Fill in the form on a page and send it (`to` another address). It has to be accepted; where that leads."""
        answer = self._submit(page, fields, to)
        errors = ", ".join(_ErrorList.texts(answer.text)) if answer.status_code == 200 else answer.text[:300]
        check(answer.status_code == 302, f"The form on {page} is accepted; it was not: {answer.status_code} {errors}")
        return answer.headers["Location"]

    def json(self, method: str, path: str, body: Any = None, *, expected: tuple[int, ...] = (200,)) -> Any:
        """A JSON request; the answer's body."""
        headers = {"X-CSRFToken": self._cookie("csrf")}
        return self._send(method, path, expected=expected, json=body, headers=headers).json()

    def delete_project(self, project: int, name: str, seconds: float = 120) -> None:
        """Into the bin, and from there for good; wait until a worker has done it."""
        address = f"/api/projects/{project}"
        self.json("DELETE", address, {"name": name})
        self.json("POST", f"{address}/purge", {"name": name}, expected=(202,))
        deadline = time.monotonic() + seconds
        while self._http.get(f"{address}/jobs").status_code != 404:
            check(time.monotonic() < deadline, f"Project {project} is deleted for good within {seconds:.0f} seconds.")
            time.sleep(0.2)

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """One file as multipart/form-data."""
        headers = {"X-CSRFToken": self._cookie("csrf")}
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

    def _cookie(self, kind: str) -> str:
        """The cookie of that kind; each installation adds a mark of its own to the names."""
        found = (value for name, value in self._http.cookies.items() if name.startswith(f"interlabel_{kind}_"))
        return next(found, "")

    def _submit(self, page: str, fields: dict[str, str], to: str = "") -> httpx.Response:
        hidden = _Form.hidden_fields(self._send("GET", page, expected=(200,)).text)
        check("csrfmiddlewaretoken" in hidden, f"{page} has a form with a CSRF token.")
        return self._http.post(to or page, data={**hidden, **fields})

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


class _ErrorList(HTMLParser):
    """Collects what a form of Django's says against its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    @classmethod
    def texts(cls, page: str) -> list[str]:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or (tag == "ul" and "errorlist" in (dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "ul"

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.found.append(data.strip())


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
