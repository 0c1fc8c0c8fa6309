"""`manage.py agreement`: the figures as one JSON object, or as a table."""

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.quality import reports
from tests.quality.conftest import CAR, opinion, truth


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("agreement", *arguments, stdout=out)
    return out.getvalue()


def test_json_has_names_and_all_figures(
    image: Image,
    project: Project,
    alice: User,
    bob: User,
    dora: User,
) -> None:
    truth(image, alice, [((0, 0, 10, 10), CAR)])
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    found = json.loads(said("Street", "--json"))
    assert (found["project"], found["name"]) == (project.pk, "Street")
    assert found["classes"] == {"1": "car", "2": "person", "3": "road"}
    assert found["people"] == {str(bob.pk): bob.shown_name, str(dora.pk): dora.shown_name}
    assert found["peers"]["overall"]["f1"]["value"] == found["golden"]["overall"]["f1"]["value"] == 1
    assert {side: found[side] for side in ("peers", "golden")} == json.loads(json.dumps(reports.make(project)))


def test_a_table_without_percent_below_ten(
    new_image: Callable[[], Image],
    project: Project,
    bob: User,
    dora: User,
) -> None:
    for number in range(10):
        one = new_image()
        for user in (bob, dora):
            opinion(one, user, [((0, 0, 10, 10), CAR)] if number < 9 else [])
        if number == 8:
            few = said(str(project.pk))
    assert "Between annotators: 9 images, 9 pairs, 0 of them empty" in few
    assert "18 of 18" in few
    assert "1.000" not in few
    enough = said(str(project.pk))
    assert "Between annotators: 10 images, 10 pairs, 1 of them empty" in enough
    assert "1.000 (1.000–1.000)" in enough
    assert "Against golden images: 0 images" in enough


def test_an_unknown_project_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="No project named"):
        said("Nowhere", "--json")
