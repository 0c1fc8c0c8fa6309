"""The suggestions' endpoints: answers, refusals, and who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import heads, text
from labeling.suggestions.models import HeadVersion, Run, Suggestion, SuggestionSettings
from tests.suggestions.conftest import AddImage, Suggest, send

AsUser = Callable[[User | None], Client]


@pytest.fixture
def image(add_image: AddImage) -> Image:
    return add_image(0, "queued")


def test_looking_and_accepting(image: Image, bob: User, rita: User, suggest: Suggest, as_user: AsUser) -> None:
    row, low = suggest(image), suggest(image, (10, 1, 16, 6), score=0.2, basis="a mask's counts")
    url = f"/api/images/{image.pk}/suggestions"
    shown = as_user(rita).get(url).json()
    assert [one["uid"] for one in shown["results"]] == [str(row.uid), str(low.uid)]
    assert shown["running"] == []
    assert shown["results"][0] | {"counts": ""} == {
        "uid": str(row.uid), "method": "instances", "head": None, "state": "open", "score": 0.9, "word": "car",
        "category": 1, "counts": "", "bbox": [4, 4, 20, 20], "area": 400, "clicks": [],
        "basis": None,
    }  # fmt: skip
    assert shown["results"][1]["basis"] == "a mask's counts"
    assert len(as_user(rita).get(f"{url}?above=0.5").json()["results"]) == 1
    assert as_user(rita).get(f"{url}?above=2").status_code == 400
    body = {"version": 0, "suggestions": [{"uid": str(row.uid)}]}
    assert send(as_user(rita), "POST", f"{url}/accept", body).status_code == 403
    answer = send(as_user(bob), "POST", f"{url}/accept", body).json()
    assert (answer["version"], answer["annotations"][0]["uid"]) == (1, str(row.uid))
    conflict = send(as_user(bob), "POST", f"{url}/accept", {"version": 0, "all": {"above": 0.1}})
    assert (conflict.status_code, conflict.json()["error"]["current"]["version"]) == (409, 1)
    assert send(as_user(bob), "POST", f"{url}/accept", {"version": 1, "all": {}}).json()["version"] == 2
    assert send(as_user(bob), "POST", f"{url}/accept", {"version": 2}).status_code == 400


def test_rejecting_and_taking_it_back(image: Image, bob: User, rita: User, suggest: Suggest, as_user: AsUser) -> None:
    row = suggest(image)
    url = f"/api/images/{image.pk}/suggestions"
    body = {"uids": [str(row.uid)]}
    for action in ("reject", "reopen"):
        assert send(as_user(rita), "POST", f"{url}/{action}", body).status_code == 403
    assert send(as_user(bob), "POST", f"{url}/reject", body).json() == {"rejected": 1}
    assert as_user(bob).get(url).json()["results"] == []
    assert send(as_user(bob), "POST", f"{url}/reopen", body).json() == {"reopened": 1}
    assert send(as_user(bob), "POST", f"{url}/reject", {"uids": []}).status_code == 400


def test_an_annotator_has_one_image_looked_at(
    image: Image, bob: User, rita: User, starter: HeadVersion, as_user: AsUser
) -> None:
    url = f"/api/images/{image.pk}/suggestions"
    assert send(as_user(rita), "POST", url, {"method": "instances"}).status_code == 403
    answer = send(as_user(bob), "POST", url, {"method": "instances", "options": {"threshold": 0.4}})
    assert (answer.status_code, answer.json()["total"], answer.json()["head"]) == (202, 1, starter.pk)
    shown = as_user(bob).get(url).json()
    assert (shown["running"], shown["looked"]) == (
        ["instances"], [{"method": "instances", "state": "queued", "found": 0}],
    )  # fmt: skip
    missing = send(as_user(bob), "POST", url, {"method": "everything"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (409, "method_not_installed")


def test_runs_of_a_project(
    project: Project, image: Image, alice: User, bob: User, starter: HeadVersion, as_user: AsUser
) -> None:
    url = f"/api/projects/{project.pk}/suggestions/runs"
    assert send(as_user(bob), "POST", url, {"method": "instances"}).status_code == 403
    assert send(as_user(alice), "POST", url, {"method": "instances", "images": [999_999]}).status_code == 400
    run = send(as_user(alice), "POST", url, {"method": "instances"}).json()
    assert (run["state"], run["total"], run["head_title"]) == ("running", 1, "Instances, starter model")
    assert as_user(bob).get(url).json()["results"] == [run]
    one = f"/api/suggestions/runs/{run['id']}"
    assert as_user(bob).get(one).json()["failures"] == []
    for action in ("stop", "retry"):
        assert as_user(bob).post(f"{one}/{action}").status_code == 403
    assert as_user(alice).post(f"{one}/stop").json()["state"] == "stopped"
    assert as_user(alice).post(f"{one}/retry").json()["queued"] == 1


def test_heads_of_a_project(project: Project, alice: User, bob: User, starter: HeadVersion, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}/heads"
    assert [one["starter"] for one in as_user(bob).get(url).json()["results"]] == [True]
    assert send(as_user(bob), "POST", url, {"kind": "instances"}).status_code == 403
    few = send(as_user(alice), "POST", url, {"kind": "instances"})
    assert (few.status_code, few.json()["error"]["code"]) == (409, "too_few_images")
    assert as_user(bob).get(f"/api/heads/{starter.pk}").status_code == 404, "it is no project's"
    own = HeadVersion.objects.create(project=project, kind="instances", number=1)
    assert as_user(bob).get(f"/api/heads/{own.pk}").json()["state"] == "queued"
    for action in ("cancel", "retry"):
        assert as_user(bob).post(f"/api/heads/{own.pk}/{action}").status_code == 403
    assert as_user(alice).post(f"/api/heads/{own.pk}/cancel").json()["state"] == "cancelled"


def test_the_mapping_of_a_head(project: Project, alice: User, bob: User, starter: HeadVersion, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}/heads/{starter.pk}/mapping"
    assert as_user(bob).get(url).json()["mapping"][0] == {"word": "car", "category": 1, "automatic": True}
    assert send(as_user(bob), "PATCH", url, {"mapping": {"car": 3}}).status_code == 403
    changed = send(as_user(alice), "PATCH", url, {"mapping": {"car": 3}}).json()["mapping"]
    assert changed[0] == {"word": "car", "category": 3, "automatic": False}
    HeadVersion.objects.update(state="training")
    assert send(as_user(alice), "PATCH", url, {"mapping": {}}).status_code == 409


def test_settings_and_figures(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}/suggestions/settings"
    assert as_user(bob).get(url).json() == {
        "everything_when_ready": False, "learn_at_doublings": True, "least_sure_first": True,
    }  # fmt: skip
    assert send(as_user(bob), "PATCH", url, {"least_sure_first": False}).status_code == 403
    assert not SuggestionSettings.objects.exists()
    assert send(as_user(alice), "PATCH", url, {"least_sure_first": False}).json()["least_sure_first"] is False
    assert SuggestionSettings.of(project.pk).learn_at_doublings is True
    assert as_user(bob).get(f"/api/projects/{project.pk}/suggestions/figures").json()["untouched"] is None


def test_accepting_in_a_project_is_for_managers(
    project: Project, image: Image, alice: User, bob: User, suggest: Suggest, as_user: AsUser
) -> None:
    suggest(image)
    url = f"/api/projects/{project.pk}/suggestions/accept"
    assert send(as_user(bob), "POST", url, {"above": 0.5}).status_code == 403
    answer = send(as_user(alice), "POST", url, {"above": 0.5}).json()
    assert (answer["images"][0]["accepted"], answer["next"]) == (1, None)


def test_a_phrase_needs_the_model_and_the_image(
    image: Image, bob: User, rita: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/api/images/{image.pk}/text"
    assert send(as_user(rita), "POST", url, {"phrase": "car"}).status_code == 403
    assert send(as_user(bob), "POST", url, {"phrase": " "}).status_code == 400
    answer = send(as_user(bob), "POST", url, {"phrase": "car"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "method_not_installed")
    monkeypatch.setattr(heads, "is_installed", lambda method: True)
    answer = send(as_user(bob), "POST", url, {"phrase": "car"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_ready")


def test_phrases_are_limited(
    image: Image, bob: User, alice: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "is_installed", lambda method: True)
    monkeypatch.setattr(text, "A_MINUTE", 2)
    monkeypatch.setattr(text.time, "time", lambda: 6e9 + bob.pk * 60)
    url = f"/api/images/{image.pk}/text"
    codes = [send(as_user(bob), "POST", url, {"phrase": "car"}).status_code for _ in range(3)]
    assert codes == [409, 409, 429]
    assert send(as_user(alice), "POST", url, {"phrase": "car"}).status_code == 409


def test_heat_is_a_small_picture(image: Image) -> None:
    import base64
    import io

    import numpy as np
    from PIL import Image as Pillow

    response = np.linspace(0, 1, 10 * 40, dtype=np.float32).reshape(10, 40)
    found: dict[str, Any] = text.heat(response, image).plain()
    picture = np.asarray(Pillow.open(io.BytesIO(base64.b64decode(found["png"]))))
    assert (found["width"], found["height"], found["cell"]) == (40, 10, [4.0, 4.0])
    assert np.abs(picture / 255 - response).max() < 0.003
    assert len(found["png"]) < 50_000


def test_texts_object_is_a_suggestion_once(image: Image, suggest: Suggest) -> None:
    from inference.heads.proposals import Proposal, encode
    from tests.suggestions.conftest import bits

    proposal = Proposal(encode(bits((1, 1, 6, 6))), (0, 0, 0, 0), 0.7)
    first, second = (text._suggest(image, "person", proposal) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (second.word, second.category, second.method) == ("person", 2, "text")
    assert Suggestion.objects.get(uid=first.uid).state == "stale"
    assert Suggestion.objects.filter(method="text", state="open").count() == 1
    assert not Run.objects.exists()
