"""The quality page: a manager sees the project, everybody else themselves, and nothing grows with the images."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations.models import AnnotationSet
from labeling.assignment import lots
from labeling.images.models import Image
from labeling.pages import quality_page
from labeling.projects.models import Project
from labeling.quality import comparing, reports
from labeling.quality.models import ConsensusSettings, PairScore, Report
from tests.quality.conftest import CAR, PERSON, AsUser, opinion, truth
from tests.quality.test_reports import many

NewImage = Callable[[], Image]


def text(answer: Any) -> str:
    """What a page says, without tags."""
    words = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words)


def table(client: Client, project: Project, side: str, name: str) -> list[dict[str, str]]:
    answer = client.get(f"/projects/{project.pk}/quality/csv/{side}/{name}")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]


@pytest.fixture
def compared(new_image: NewImage, project: Project, alice: User, bob: User, dora: User) -> Image:
    """An image of which bob and dora have an opinion, and which is golden; dora missed the person."""
    image = new_image()
    truth(image, alice, [((0, 0, 10, 10), CAR), ((30, 30, 9, 9), PERSON)])
    opinion(image, bob, [((0, 0, 10, 10), CAR), ((30, 30, 9, 9), PERSON)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    reports.refresh(project)
    return image


def ten_golden(new_image: NewImage, project: Project, alice: User, user: User, count: int = 10) -> None:
    for _ in range(count):
        image = new_image()
        truth(image, alice, [((0, 0, 10, 10), CAR)])
        opinion(image, user, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    reports.refresh(project)


def test_a_project_without_pairs_says_what_to_do(project: Project, alice: User, as_user: AsUser) -> None:
    page = text(as_user(alice).get(f"/projects/{project.pk}/quality"))
    assert "Nothing to compare yet" in page
    assert "mark finished images as golden" in page


def test_a_manager_sees_all(
    compared: Image, project: Project, alice: User, bob: User, dora: User, as_user: AsUser
) -> None:
    answer = as_user(alice).get(f"/projects/{project.pk}/quality")
    page = text(answer)
    for words in (
        "Between annotators",
        "Against golden images",
        "By class",
        "Over time",
        bob.shown_name,
        dora.shown_name,
    ):
        assert words in page
    assert "2 of 3" in page  # peers: below ten images no figure is made
    assert "0.67" not in re.sub(r"Largest disagreements.*", "", page)
    assert answer.content.decode().count("/picture") == 2  # the pairs that do not agree wholly
    assert answer.content.decode().count("<canvas") == 2  # the histograms: tables of few images have no chart


@pytest.mark.parametrize("name", ["bob", "dora", "rita"])
def test_others_see_nobody_else(name: str, compared: Image, project: Project, as_user: AsUser) -> None:
    user, client = User.objects.get(username=name), as_user(User.objects.get(username=name))
    answer = client.get(f"/projects/{project.pk}/quality")
    page = text(answer)
    assert answer.status_code == 200
    for other in {"bob", "dora", "alice"} - {name}:
        assert other not in page.casefold()
    assert "Largest disagreements" not in page
    assert ("2 of 3" in page) == (name != "rita")
    for side, csv_name in (("peers", "people"), ("golden", "people"), ("peers", "classes"), ("all", "pairs")):
        assert client.get(f"/projects/{project.pk}/quality/csv/{side}/{csv_name}").status_code == 403
    own = table(client, project, "own", "figures")
    assert [(row["compared with"], row["images"]) for row in own] == ([("peers", "1")] if name != "rita" else [])
    assert user.username == name


def test_outsiders_find_nothing(compared: Image, project: Project, charlie: User, as_user: AsUser) -> None:
    client = as_user(charlie)
    for path in ("", "/csv/own/figures", "/csv/peers/classes"):
        assert client.get(f"/projects/{project.pk}/quality{path}").status_code == 404
    assert client.get(f"/api/projects/{project.pk}/quality").status_code == 404


def test_own_golden_totals_come_in_tens(
    new_image: NewImage, project: Project, alice: User, bob: User, as_user: AsUser
) -> None:
    url, client = f"/projects/{project.pk}/quality", as_user(bob)
    lot = lots.default_lot(project.pk)
    lot.golden_every = 50
    lot.save()
    ten_golden(new_image, project, alice, bob, 9)
    page = text(client.get(url))
    assert "1 in 50" in page
    assert "from 10 golden images on" in page
    assert "Against golden images" not in page
    assert table(client, project, "own", "figures") == []
    ten_golden(new_image, project, alice, bob, 1)
    assert "10 images; 0 objects missed" in text(client.get(url))
    image = new_image()
    truth(image, alice, [((0, 0, 10, 10), CAR)])
    opinion(image, bob, [])  # the eleventh, wholly missed
    comparing.work_off()
    reports.refresh(project)
    assert "10 images; 0 objects missed" in text(client.get(url))
    assert "11 images" in text(as_user(alice).get(url))  # the manager sees it at once


def test_the_csv_has_the_numbers(
    compared: Image, project: Project, alice: User, bob: User, dora: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    classes = table(client, project, "peers", "classes")
    assert [(row["class"], row["images"], row["f1"]) for row in classes] == [
        ("car", "1", "1.0"),
        ("person", "1", "0.0"),
    ]
    people = {row["person"]: row for row in table(client, project, "golden", "people")}
    assert people[dora.shown_name]["missed"] == "1"
    assert table(client, project, "golden", "confusion") == [
        {"first": "car", "second": "car", "count": "2"},
        {"first": "person", "second": "", "count": "1"},
        {"first": "person", "second": "person", "count": "1"},
    ]
    assert sum(int(row["matches"]) for row in table(client, project, "peers", "histogram")) == 1
    pairs = table(client, project, "all", "pairs")
    assert [(row["compared"], row["first"], row["agreement"]) for row in pairs] == [
        ("golden", "golden", "0.6666666666666666"),
        ("peers", bob.shown_name, "0.6666666666666666"),
        ("golden", "golden", "1.0"),
    ]
    assert client.get(f"/projects/{project.pk}/quality/csv/peers/secrets").status_code == 404
    assert client.get(f"/projects/{project.pk}/quality/csv/everybody/classes").status_code == 404


def test_names_are_no_formulas(
    new_image: NewImage, project: Project, alice: User, bob: User, dora: User, as_user: AsUser
) -> None:
    project.categories.filter(number=CAR).update(name="=cmd|' /C calc'!A0")
    image = new_image()
    for user in (bob, dora):
        opinion(image, user, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    reports.refresh(project)
    (row,) = table(as_user(alice), project, "peers", "classes")
    assert row["class"] == "'=cmd|' /C calc'!A0"


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_queries_do_not_grow_with_images(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/quality"
    many(project, 10)
    reports.refresh(project)
    clients = [as_user(alice), as_user(bob)]
    before = [queries(client, url) for client in clients]
    many(project, 60)
    reports.refresh(project)
    assert [queries(client, url) for client in clients] == before
    assert max(before) <= 24


def test_the_matrix_shows_the_largest_classes() -> None:
    names = quality_page.Names({number: f"class {number}" for number in range(1, 40)}, {})
    confusion = [[number, number, 100 - number] for number in range(1, 40)] + [[0, 1, 3], [1, 0, 5]]
    found = quality_page.matrix(confusion, names, mutual=False)
    assert found is not None
    assert (len(found.rows), found.left_out) == (quality_page.MATRIX + 1, 19)
    assert found.columns[-1] == "missed"
    label, cells = found.rows[0]
    assert (label, cells[0].count, cells[-1].count, cells[0].same) == ("class 1", 99, 5, True)
    assert cells[-1].share == pytest.approx(5 / 104)
    assert found.rows[-1][0] == "extra"
    assert quality_page.matrix([], names, mutual=True) is None


# What a manager can do there.


def post(client: Client, url: str, **data: object) -> str:
    answer = client.post(url, data, follow=True)
    assert answer.status_code == 200
    return text(answer)


def test_marking_and_removing_golden_images(
    new_image: NewImage, project: Project, alice: User, as_user: AsUser
) -> None:
    client, url = as_user(alice), f"/projects/{project.pk}/quality/draw"
    assert "No finished image is left" in post(client, url, count=5)
    images = [new_image() for _ in range(3)]
    for image in images:
        AnnotationSet.objects.create(image=image, status="done", version=1)
    assert "2 images marked as golden" in post(client, url, count=2)
    assert Image.objects.filter(golden=True).count() == 2
    for bad in ("0", "-1", "x", "1" * 40, "201"):
        assert "Give a number of images from 1 to 200" in post(client, url, count=bad)
    marked = Image.objects.filter(golden=True)[0]
    assert "is not golden any more" in post(client, f"/images/{marked.pk}/golden", remove=1)
    assert "is golden" in post(client, f"/images/{marked.pk}/golden")
    assert Image.objects.filter(golden=True).count() == 2


def test_setting_rates_and_consensus(project: Project, alice: User, as_user: AsUser) -> None:
    client, lot = as_user(alice), lots.default_lot(project.pk)
    assert "Saved" in post(client, f"/projects/{project.pk}/quality/rates", **{f"lot-{lot.pk}": 50})
    lot.refresh_from_db()
    assert lot.golden_every == 50
    for bad in ("", "-3", "1001", "often"):
        assert "Nothing was saved" in post(client, f"/projects/{project.pk}/quality/rates", **{f"lot-{lot.pk}": bad})
    url, fields = f"/projects/{project.pk}/quality/consensus", {"least": "0,75", "class-1": "0.9", "class-2": " "}
    assert "Saved" in post(client, url, automatic="on", **fields)
    for bad in ("", "2", "nan", "-0.1"):
        assert "Nothing was saved" in post(client, url, least=bad)
        assert "Nothing was saved" in post(client, url, **{"least": "0.5", "class-2": bad or "x"})
    found = ConsensusSettings.objects.get()
    assert (found.automatic, found.least, found.by_class) == (True, 0.75, {"1": 0.9})
    page = client.get(f"/projects/{project.pk}/quality").content.decode()
    assert 'name="class-1" type="number" min="0" max="1" step="0.01" placeholder="0.75" value="0.9"' in page


@pytest.mark.parametrize("name", ["bob", "rita"])
def test_others_can_change_nothing(name: str, compared: Image, project: Project, as_user: AsUser) -> None:
    client = as_user(User.objects.get(username=name))
    for path in ("draw", "rates", "consensus"):
        assert client.post(f"/projects/{project.pk}/quality/{path}", {"count": 1}).status_code == 403
    assert client.post(f"/images/{compared.pk}/golden", {"remove": 1}).status_code == 403
    for url in (f"/api/projects/{project.pk}/quality", f"/api/projects/{project.pk}/consensus"):
        assert client.get(url).status_code == 403
    assert client.delete(f"/api/images/{compared.pk}/golden").status_code == 403
    assert Image.objects.get(pk=compared.pk).golden


# The API.


def test_the_api_marks_and_tells_what_it_did_not(
    new_image: NewImage, project: Project, alice: User, as_user: AsUser
) -> None:
    client, image, other = as_user(alice), new_image(), new_image()
    AnnotationSet.objects.create(image=image, status="accepted", version=1)
    body = {"images": [image.pk, other.pk, 10**9]}
    found = client.post(f"/api/projects/{project.pk}/golden", body, content_type="application/json").json()
    assert found["marked"] == 1
    assert {row["image"]: row["reason"].split(":")[0] for row in found["refused"]} == {
        other.pk: "Only a finished image can be golden", 10**9: "The project has no such image.",
    }  # fmt: skip
    assert client.delete(f"/api/images/{image.pk}/golden").json() == {"image": image.pk, "golden": False}
    assert client.put(f"/api/images/{image.pk}/golden").json() == {"image": image.pk, "golden": True}
    assert client.put(f"/api/images/{other.pk}/golden").status_code == 409


def test_the_api_resolves(
    new_image: NewImage, project: Project, alice: User, bob: User, dora: User, as_user: AsUser
) -> None:
    client, image = as_user(alice), new_image()
    url = f"/api/images/{image.pk}/consensus"
    for user in (bob, dora):
        opinion(image, user, [((0, 0, 10, 10), CAR)])
    assert client.post(url, {"version": 0}, content_type="application/json").json() == {"version": 1}
    golden_image = new_image()
    truth(golden_image, alice, [])
    refused = client.post(f"/api/images/{golden_image.pk}/consensus", {"version": 1}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "golden")


def test_the_api_s_rules_and_figures(compared: Image, project: Project, alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    url = f"/api/projects/{project.pk}/consensus"
    assert client.get(url).json() == {"automatic": False, "least": 0.8, "by_class": {}}
    body = {"automatic": True, "least": 0.5, "by_class": {"2": 0.25}}
    assert client.put(url, body, content_type="application/json").json() == body
    refused = client.put(url, {**body, "by_class": {"77": 0.5}}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_class")
    found = client.get(f"/api/projects/{project.pk}/quality").json()
    assert found["waiting"] == 0
    assert found["peers"]["overall"]["matched"] == 1
    assert found["made_at"]


def test_it_is_said_when_no_lot_hands_golden_images_out(
    compared: Image, project: Project, alice: User, as_user: AsUser
) -> None:
    warning, url = "No lot hands these out yet", f"/projects/{project.pk}/quality"
    assert warning in text(as_user(alice).get(url))
    lot = lots.default_lot(project.pk)
    lot.golden_every = 50
    lot.save()
    assert warning not in text(as_user(alice).get(url))


def test_who_cannot_label_is_told_that_nothing_of_theirs_is_measured(
    project: Project, bob: User, as_user: AsUser
) -> None:
    url = f"/projects/{project.pk}/quality"
    assert "once you have labeled images" in text(as_user(bob).get(url))
    project.memberships.filter(user=bob).update(role="viewer")
    page = text(as_user(bob).get(url))
    assert "You don't label in this project" in page
    assert "once you have labeled images" not in page


def test_golden_images_of_removed_people_stay_in_the_figures(
    compared: Image, project: Project, alice: User, bob: User, as_user: AsUser
) -> None:
    pk = bob.pk
    AnnotationSet.objects.filter(author=bob).update(author=None)
    PairScore.objects.filter(second_author=bob).update(second_author=None)
    assert str(pk) in str(Report.objects.get().figures["golden"]["people"])
    project.memberships.filter(user=bob).delete()
    bob.memberships.all().delete()
    assert bob.shown_name in text(as_user(alice).get(f"/projects/{project.pk}/quality"))
    golden.unmark(compared, alice)
    reports.refresh(project)
    assert Report.objects.get().figures["golden"]["pairs"] == 0


def test_an_archived_project_s_figures_can_be_seen_and_nothing_changed(
    compared: Image, project: Project, alice: User, as_user: AsUser
) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    client = as_user(alice)
    page = text(client.get(f"/projects/{project.pk}/quality"))
    assert "Between annotators" in page
    assert "How often they come" not in page
    assert client.post(f"/projects/{project.pk}/quality/draw", {"count": 1}).status_code == 403
