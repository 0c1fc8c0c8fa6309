"""The simulated team is accounted for, and what is not is found."""

import json

import pytest
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.devtools.team.ledger import Ledger, audit
from labeling.projects.models import Project

pytestmark = pytest.mark.team


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_every_act_of_a_team_is_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bench_team", people=6, images=20, send_back=0.3, seconds=200)
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(said["wrong"].values()) == {0}
    acts = said["acts"]
    assert acts["accepted"] == 20
    assert acts["finished"] == 20 + acts["sent back"]
    assert acts["review handed out"] >= 20 + acts["sent back"]
    assert not Project.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_team_of_one_is_refused() -> None:
    with pytest.raises(CommandError, match="at least 2"):
        call_command("bench_team", people=1)


def test_what_is_not_accounted_for_is_found(project: Project, bob: User) -> None:
    from uuid import uuid4

    from labeling.annotations import services
    from labeling.devtools.team.people import drawn_counts
    from labeling.images.models import Image

    image = Image.objects.create(project=project, name="a", sha256="0" * 64, width=64, height=64)
    ledger, uid = Ledger(), uuid4()
    services.create(image, bob, version=0, uid=uid, category=1, counts=drawn_counts(64)[0], clicks=[])
    assert audit(project, ledger)["unknown objects"] == 1
    assert audit(project, ledger)["images with lost or extra events"] == 1
    ledger.changed("object kept", image.pk, uid)
    found = audit(project, ledger)
    assert found["lost objects"] == found["unknown objects"] == found["images with lost or extra events"] == 0
    assert (found["images not accepted"], found["turns left over"]) == (1, 1)
    Annotation.objects.all().delete()
    assert audit(project, ledger)["lost objects"] == 1
    ledger.taken("label", image.pk, "a")
    ledger.taken("label", image.pk, "b")
    assert audit(project, ledger)["double hand-outs"] == 1
