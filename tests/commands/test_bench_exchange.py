"""The measuring command: every format that is written and read, both ways, and nothing stays behind."""

import json

import pytest
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.devtools.exchange.generate import labeled
from labeling.devtools.exchange.measure import measure
from labeling.devtools.management.commands import bench_exchange
from labeling.projects.models import Project

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_it_prints_both_ways_and_takes_the_projects_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of its own would not see what this test's transaction has."""
    monkeypatch.setattr(bench_exchange, "_measured", measure)
    call_command("bench_exchange", objects="9", formats="coco,png")
    head, columns, *lines, last = capsys.readouterr().out.splitlines()
    assert head.startswith("9 objects on 2 images")
    assert columns.split() == ["format", "export/s", "MB", "check/s", "MB", "carry_out/s", "MB"]
    assert [len(line.split()) for line in lines[:2]] == [7, 7]
    assert "is wanted" in lines[2]
    coco, png, reference = json.loads(last)
    assert [coco[step]["objects"] for step in ("export", "check", "carry_out")] == [9, 9, 9]
    assert png["carry_out"]["objects"] == png["check"]["objects"] > 0
    assert reference["encode"]["objects"] == 9
    assert all(one["peak"] >= one["start"] > 10 for one in (coco["export"], png["check"], reference["encode"]))
    assert not Project.objects.exists()
    assert not User.objects.exists()


def test_a_format_that_fails_says_why(alice: User) -> None:
    asked = {"step": "check", "format": "coco", "file": "/nowhere.zip", "project": labeled(1, alice).pk}
    assert "no file or folder" in measure(asked)["problem"]


def test_what_is_asked_is_checked() -> None:
    with pytest.raises(CommandError, match="tiff is not one of"):
        call_command("bench_exchange", formats="coco,tiff")
    with pytest.raises(CommandError, match="give numbers"):
        call_command("bench_exchange", objects="many")


def test_the_generated_project_is_the_same_each_time(alice: User) -> None:
    made = [labeled(10, alice) for _ in range(2)]
    objects = [Annotation.objects.filter(set__main_of__project=one) for one in made]
    rows = [list(one.order_by("set", "z").values_list("z", "counts", "category__number")) for one in objects]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 10
