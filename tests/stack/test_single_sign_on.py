"""OpenID Connect the whole way: a real provider process, the real web server, and real HTTP between all three."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.patience import PATIENCE
from tests.stack.client import csrf_token
from tests.stack.processes import PASSWORD, ROOT, Stack, compose_command, environment, free_port, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(200), pytest.mark.team]
CLAIMS = [
    {"sub": "new", "preferred_username": "nina", "email": "nina@example.org", "email_verified": True},
    {"sub": "stranger", "preferred_username": "sam", "email": "sam@example.org", "email_verified": True},
    {"sub": "ann", "preferred_username": "other", "email": "ann@example.org", "email_verified": True},
    {"sub": "bea", "preferred_username": "bea2", "email": "bea@example.org", "email_verified": True},
    {"sub": "cy", "preferred_username": "cy2", "email": "cy@example.org", "email_verified": False},
    {"sub": "dan", "preferred_username": "dan2", "email": "dan@example.org", "email_verified": True},
]  # fmt: skip
# ann's address is confirmed, bea's is not, cy's is confirmed here but not at the provider, dan has a second factor.
PEOPLE = """
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from labeling.accounts.models import User
for name, confirmed in (("ann", True), ("bea", False), ("cy", True), ("dan", True)):
    user = User.objects.create_user(name, f"{name}@example.org", "correct horse battery")
    EmailAddress.objects.create(user=user, email=user.email, verified=confirmed, primary=True)
TOTP.activate(User.objects.get(username="dan"), "YMPPVTSJOS7QWAVNI7L7NI2ZYM4PS4T5")
"""


@dataclass
class SignOn:
    """The product with a provider."""

    stack: Stack
    provider: str

    def by(self, subject: str, *, start: str = "/sign-in/sso") -> "tuple[httpx.Client, httpx.Response]":
        """Somebody goes from our sign-in to the provider, signs in there, and comes back: the page they end on."""
        client = httpx.Client(base_url=self.stack.url, timeout=PATIENCE, follow_redirects=True)
        return client, self.go(client, subject, start)

    def go(self, client: httpx.Client, subject: str, start: str = "/sign-in/sso") -> httpx.Response:
        page = client.get(start)
        assert str(page.url).startswith(self.provider), page.url
        answer = {"action": "deny"} if subject == "deny" else {"sub": subject}
        return client.post(page.url, data=answer)


@pytest.fixture(scope="module")
def sign_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignOn]:
    home: Path = tmp_path_factory.mktemp("sso")
    port, provider_port = free_port(), free_port()
    provider = f"http://127.0.0.1:{provider_port}"
    more = {
        "OIDC_ISSUER": provider, "OIDC_CLIENT_ID": "interlabel", "OIDC_CLIENT_SECRET": "secret", "OIDC_NAME": "Example",
        "LOG_LEVEL": "INFO",
    }  # fmt: skip
    stack = Stack(home, port, environment(home, port, **more), home / "sso.log")
    try:
        users = [f"--user-claims={json.dumps(one)}" for one in CLAIMS]
        stack.launch([sys.executable, "-m", "oidc_provider_mock", f"--port={provider_port}", *users])
        for command in (["migrate", "--verbosity=0"], ["shell", "-c", PEOPLE]):
            manage = [sys.executable, "manage.py", *command]
            run = subprocess.run(manage, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=PATIENCE)
            assert run.returncode == 0, run.stderr
        stack.add_administrator("admin", PASSWORD)
        stack.launch(compose_command("web", stack.env, port))
        wait_for(lambda: answers(f"{stack.url}/sign-in") and answers(provider), PATIENCE, stack.output)
        yield SignOn(stack, provider)
    finally:
        stack.stop()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def username(client: httpx.Client) -> str:
    found = re.search(r"Username: <strong>([^<]+)", client.get("/account/").text)
    assert found
    return found[1]


def test_the_button_is_there(sign_on: SignOn) -> None:
    page = httpx.get(f"{sign_on.stack.url}/sign-in").text
    assert "Sign in with Example" in page
    assert 'href="/sign-in/sso"' in page


def test_a_stranger_gets_no_account(sign_on: SignOn) -> None:
    client, page = sign_on.by("stranger")
    assert "You have no account here" in page.text
    assert str(client.get("/").url).endswith("/sign-in?next=/")


def test_who_says_no_at_the_provider_is_told(sign_on: SignOn) -> None:
    """(This provider leaves the state out of its refusal, so it is not known to be one.)"""
    client, page = sign_on.by("deny")
    assert "Signing in did not work" in page.text
    assert "/sign-in" in str(client.get("/").url)


def test_a_confirmed_address_signs_in_to_its_account(sign_on: SignOn) -> None:
    client, page = sign_on.by("ann", start="/sign-in/sso?next=/account/")
    assert page.url.path == "/account/"
    assert username(client) == "ann"
    assert "Connected with Example" in page.text


@pytest.mark.parametrize("subject", ["bea", "cy"])
def test_an_address_that_is_not_confirmed_on_both_sides_does_not(subject: str, sign_on: SignOn) -> None:
    client, page = sign_on.by(subject)
    assert "You have no account here" in page.text
    assert "/sign-in" in str(client.get("/").url)


def test_a_second_factor_is_asked_for(sign_on: SignOn) -> None:
    client, page = sign_on.by("dan")
    assert "Second factor" in page.text
    assert "/sign-in" in str(client.get("/account/").url)


def test_an_invitation_lets_somebody_in(sign_on: SignOn) -> None:
    with httpx.Client(base_url=sign_on.stack.url, timeout=PATIENCE) as admin:
        admin.get("/sign-in")
        token = {"X-CSRFToken": csrf_token(admin)}
        admin.post("/sign-in", data={"username": "admin", "password": PASSWORD}, headers=token)
        token = {"X-CSRFToken": csrf_token(admin)}
        sent = {"name": "Street", "categories": [{"name": "car"}]}
        project = admin.post("/api/projects", json=sent, headers=token).json()["id"]
        told = admin.post(f"/api/projects/{project}/invitations", json={"role": "reviewer"}, headers=token).json()
    client = httpx.Client(base_url=sign_on.stack.url, timeout=PATIENCE, follow_redirects=True)
    link = urljoin(sign_on.stack.url, httpx.URL(told["link"]).path)
    page = client.get(link)
    assert "Sign in with Example" in client.get(re.findall(r'href="(/sign-in\?next=[^"]+)"', page.text)[0]).text
    page = sign_on.go(client, "new", f"/sign-in/sso?next={httpx.URL(link).path}")
    assert "Join “Street”" in page.text
    assert username(client) == "nina"
    client.post(link, headers={"X-CSRFToken": csrf_token(client), "Referer": link})
    assert client.get(f"/projects/{project}/").status_code == 200
    again, page = sign_on.by("new")
    assert page.url.path == "/"
    assert username(again) == "nina"


def test_the_audit_log_has_it(sign_on: SignOn) -> None:
    sign_on.by("ann")
    with httpx.Client(base_url=sign_on.stack.url, timeout=PATIENCE) as admin:
        admin.get("/sign-in")
        admin.post(
            "/sign-in", data={"username": "admin", "password": PASSWORD}, headers={"X-CSRFToken": csrf_token(admin)}
        )
        page = admin.get("/audit/?person=ann").text
    assert "Connected single sign-on" in page
    assert "socialaccount" in page


def test_somebody_with_a_password_connects_and_disconnects(sign_on: SignOn) -> None:
    client = httpx.Client(base_url=sign_on.stack.url, timeout=PATIENCE, follow_redirects=True)
    client.get("/sign-in")
    token = {"X-CSRFToken": csrf_token(client)}
    client.post("/sign-in", data={"username": "bea", "password": PASSWORD}, headers=token)
    page = sign_on.go(client, "bea", "/sign-in/sso?process=connect&next=/account/single-sign-on")
    assert "You can sign in with" in page.text
    other, page = sign_on.by("bea")
    assert username(other) == "bea"
    account = re.findall(r'name="account" value="(\d+)"', client.get("/account/single-sign-on").text)[0]
    token = {"X-CSRFToken": csrf_token(client), "Referer": f"{sign_on.stack.url}/account/single-sign-on"}
    page = client.post("/account/single-sign-on", data={"account": account}, headers=token)
    assert "Connect your account" in page.text
