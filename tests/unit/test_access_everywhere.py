"""Every URL of the site, also those of tomorrow: nobody gets anything without signing in, an outsider nothing of a
project. What each role may do is tested beside each view."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.assignment.models import Lot, Slot
from labeling.exchange.models import Export, Import
from labeling.images.models import Image, PartialFile, Tag, Upload
from labeling.people.models import Invitation
from labeling.projects.models import Project
from labeling.quality.comparison import Comparison
from labeling.quality.models import PairScore
from labeling.review.models import Comment, Thread
from labeling.sources.models import Source
from labeling.suggestions.models import HeadVersion, Run
from tests.conftest import picture_bytes

OPEN = {"healthz"}
"""Routes for everybody: readiness without secrets, and all of the door: `sign-in…`, and a confirmed address's link."""


def is_open(route: str) -> bool:
    return route in OPEN or route.lstrip("^").startswith(
        ("sign-in", "join/", "account/email/confirm/", "inbox/unsubscribe/")
    )


def is_own(route: str) -> bool:
    """What shows and changes one's own account alone."""
    return route in OWN or route.startswith("account/")


def is_of_a_project(route: str) -> bool:
    """What shows or changes something in a project."""
    return "<" in route and not (is_open(route) or is_own(route) or route in ADMINISTRATORS)


OWN = {
    "",
    "api/class-lists",
    "api/class-templates",
    "api/docs",
    "api/me/inbox",
    "api/me/inbox/read",
    "api/me/keys",
    "api/me/work",
    "api/projects",
    "api/schema.json",
    "inbox/",
    "inbox/mail",
    "inbox/read",
    "projects/new",
    "sign-out",
}
"""Routes that show only what is the user's own, or make something new, or describe the API."""


ADMINISTRATORS = {
    "audit/",
    "audit/events.csv",
    "people/",
    "people/<id:user_id>",
    "people/invitations",
    "people/invitations/<id:invitation_id>",
}
"""Pages of the whole site: who is no administrator is told so."""

METHODS = ("get", "post", "put", "patch", "delete")


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every route below `resolver`, without Django's admin (which has its own sign-in and permissions)."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route
        elif not route.startswith("admin/"):
            yield from routes(one, route)


ROUTES = sorted(set(routes(get_resolver())))


@pytest.fixture
def ids(project: Project, alice: User) -> Mapping[str, Any]:
    """One row of everything that a route can name, all in a project that charlie is not in."""
    image = Image(project=project, name="a.png", sha256="0" * 64, width=320, height=240)
    for field in (image.original, image.view, image.thumbnail):
        field.save("a.png", ContentFile(picture_bytes()), save=False)
    image.save()
    kept = Annotation.objects.create(
        set=AnnotationSet.objects.create(image=image, version=1),
        uid="11111111-1111-4111-8111-111111111111",
        category=project.categories.get(number=1),
        counts="1",
        area=1,
        bbox_x=0,
        bbox_y=0,
        bbox_width=1,
        bbox_height=1,
        created_by=alice,
    )
    thread = Thread.objects.create(image=image, number=1, author=alice)
    return {
        "thread_id": thread.pk,
        "comment_id": Comment.objects.create(thread=thread, author=alice, text="The edge is off.").pk,
        "project_id": project.pk,
        "number": 1,
        "image_id": image.pk,
        "annotation_id": kept.pk,
        "upload_id": Upload.objects.create(project=project, created_by=alice).pk,
        "partial_id": PartialFile.objects.create(project=project, created_by=alice, name="a.zip", length=1).pk,
        "source_id": Source.objects.create(project=project, root="folder:x", created_by=alice, due=False).pk,
        "import_id": Import.objects.create(project=project, format="coco", name="a.json", created_by=alice).pk,
        "export_id": Export.objects.create(project=project, format="coco", created_by=alice).pk,
        "before": Export.objects.create(project=project, format="coco", created_by=alice).pk,
        "run_id": Run.objects.create(project=project, method="everything").pk,
        "head_id": HeadVersion.objects.create(project=project, kind="instances", number=1, state="ready").pk,
        "lot_id": Lot.objects.get(project=project).pk,
        "slot_id": Slot.objects.get(image=image).pk,
        "tag_id": Tag.objects.create(project=project, name="night").pk,
        "user_id": alice.pk,
        "pk": Authenticator.objects.create(user=alice, type="webauthn", data={}).pk,
        "invitation_id": Invitation.objects.create(
            project=project, role="annotator", token_hash="x", expires_at=timezone.now()
        ).pk,
        "token": "x",
        "key": "x",
        "pair_id": pair_of(image).pk,
        "side": "peers",
        "table": "classes",
        "first": 1,
        "last": 1,
        "level": 1,
        "row": 0,
        "column": 0,
    }


def pair_of(image: Image) -> PairScore:
    """Two opinions of an image, compared."""
    first, second = (AnnotationSet.objects.create(image=image, kind="opinion", status="done") for _ in range(2))
    return PairScore.objects.create(
        project_id=image.project_id, image=image, kind="peers", first=first, second=second, first_version=0,
        second_version=0, sums=Comparison(pairs=1, empty=1).as_json(), at=timezone.now(),
    )  # fmt: skip


def url(route: str, ids: Mapping[str, Any]) -> str:
    """The route with real ids. A parameter that is not known here is a KeyError: add it to `ids`."""
    parts = []
    for part in route.split("/"):
        parts.append(str(ids[part.strip("<>").split(":")[-1]]) if part.startswith("<") else part)
    return "/" + "/".join(parts)


def test_the_routes_are_found() -> None:
    assert len(ROUTES) > 20
    assert set(ROUTES) >= OPEN | OWN | ADMINISTRATORS


@pytest.mark.parametrize("route", [route for route in ROUTES if not is_open(route)])
def test_signed_out_people_get_nothing(
    route: str, ids: Mapping[str, Any], as_user: Callable[[User | None], Client]
) -> None:
    for method in METHODS:
        answer = getattr(as_user(None), method)(url(route, ids))
        if answer.status_code == 302:
            assert answer["Location"].startswith("/sign-in"), method
        else:
            assert answer.status_code in (401, 405), method


@pytest.mark.parametrize("route", [route for route in ROUTES if not (is_open(route) or is_own(route))])
def test_an_outsider_gets_nothing(
    route: str, ids: Mapping[str, Any], charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    # Who is signed in already and not staff is told so at the admin's door instead of being asked to sign in again.
    refused = (403, 405) if route in {"admin/login/"} | ADMINISTRATORS else (404, 405)
    for method in METHODS:
        answer = getattr(as_user(charlie), method)(url(route, ids))
        if route == "admin/password_change/":  # leads to that door
            assert answer.headers.get("Location", "").startswith("/admin/login/"), method
        else:
            assert answer.status_code in refused, method
    assert Image.objects.filter(pk=ids["image_id"]).exists()
    assert Annotation.objects.filter(pk=ids["annotation_id"]).exists()


IN_ARCHIVE = {"archive", "unarchive", "restore", "purge", "delete", "duplicate", "exports", "losses", "next"}
"""Last parts of the routes that are there for the managers of an archived project, and of one that only asks."""

CHANGING = {"post", "put", "patch", "delete"}


@pytest.mark.parametrize("route", [route for route in ROUTES if is_of_a_project(route)])
def test_nothing_of_an_archived_project_is_changed(
    route: str, ids: Mapping[str, Any], alice: User, as_user: Callable[[User | None], Client]
) -> None:
    Project.objects.update(archived_at=timezone.now())
    for method in sorted(CHANGING):
        if route.rsplit("/", 1)[-1] in IN_ARCHIVE or (route, method) == ("api/projects/<id:project_id>", "delete"):
            continue
        answer = getattr(as_user(alice), method)(url(route, ids))
        assert answer.status_code in (403, 405), (method, answer.content)
        if answer.status_code == 403:
            assert b"archived" in answer.content, method


@pytest.mark.parametrize("route", [route for route in ROUTES if is_of_a_project(route)])
def test_a_project_in_the_bin_is_there_for_nobody_but_who_may_restore_it(
    route: str, ids: Mapping[str, Any], alice: User, bob: User, as_user: Callable[[User | None], Client]
) -> None:
    Project.objects.update(binned_at=timezone.now())
    life = {"archive", "unarchive", "restore", "purge", "delete", "duplicate", "jobs"}
    for method in METHODS:
        assert getattr(as_user(bob), method)(url(route, ids)).status_code in (404, 405), method
        if route.rsplit("/", 1)[-1] in life or (route, method) == ("api/projects/<id:project_id>", "delete"):
            continue
        answer = getattr(as_user(alice), method)(url(route, ids))
        assert answer.status_code in (403, 405), (method, answer.content)
