"""The models that ship, on a picture that was really encoded. Left out where they are not installed."""

import base64
import uuid
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.test import Client

from labeling.accounts.models import User
from labeling.features import model, store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import heads, runs, work
from labeling.suggestions.models import Method
from labeling.suggestions.offers import offered
from tests.conftest import picture, picture_bytes
from tests.suggestions.conftest import send

INSTALLED = heads.starter_folder  # before a fixture hides it


def needs(kind: str) -> pytest.MarkDecorator:
    """Leave a test out where that model is not installed."""
    there = (INSTALLED(kind) / heads.MANIFEST).is_file()
    return pytest.mark.skipif(not there, reason=f"inference/weights/heads/{kind} is not installed")


@pytest.fixture
def image(project: Project, monkeypatch: pytest.MonkeyPatch) -> Image:
    """Three discs, encoded."""
    monkeypatch.setattr(heads, "starter_folder", INSTALLED)
    heads.find_starters()
    image = Image(project=project, name="discs.png", sha256=uuid.uuid4().hex * 2, width=320, height=240)
    image.original = image.view = image.original.field.storage.save("discs.png", ContentFile(picture_bytes()))
    image.save()
    stored = store.save(project.pk, image.pk, model.predictor().encode(picture()))
    Encoding.objects.create(
        image=image, state="ready", features_version=stored.version, storage_key=stored.key, sha256=stored.sha256
    )
    return image


@needs("everything")
def test_everything_outlines_what_is_there(image: Image, alice: User) -> None:
    run = runs.start(image.project, alice, Method.EVERYTHING)
    assert work.work_off() == 1
    assert run.rows.get().state == "ready", run.rows.get().reason
    found = offered(image)
    assert found
    assert all(row.category is None and row.clicks == [] for row in found)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs(kind)) for kind in ("instances", "panoptic")])
def test_a_starter_model_answers(image: Image, alice: User, kind: str) -> None:
    head = heads.best(image.project, kind)
    assert head is not None
    assert head.project is None
    assert "person" in head.classes
    for options in ({}, {"threshold": 0.0, "refine": True}):
        runs.start(image.project, alice, Method(kind), options=options)
        assert work.work_off() == 1
    row = image.run_images.first()
    assert row is not None
    assert row.state == "ready", row.reason
    assert row.doubt is not None


@needs("text")
def test_a_phrase_is_found(image: Image, bob: User, as_user: Callable[[User | None], Client]) -> None:
    answer = send(as_user(bob), "POST", f"/api/images/{image.pk}/text", {"phrase": "the round thing on the left"})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    grey = cv2.imdecode(np.frombuffer(base64.b64decode(found["heat"]["png"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey.shape == (30, 40)
    assert len(answer.content) < 50_000
    if found["suggestion"] is not None:
        assert found["suggestion"]["word"] == "the round thing on the left"
        assert len(found["suggestion"]["clicks"]) == 1
