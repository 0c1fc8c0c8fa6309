"""Consensus: masks that somebody drew, in one batch, and when nobody has to look."""

import uuid
from collections import Counter

import pytest

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment import lots, turns
from labeling.assignment.models import Lot, Slot
from labeling.images.models import Image
from labeling.pages import quality_page
from labeling.projects.models import Project
from labeling.quality import comparing, consensus
from labeling.quality.comparison import Comparison, Tally
from labeling.quality.models import ConsensusSettings
from labeling.web.api import ApiError
from tests.quality.conftest import CAR, PERSON, ROAD, AsUser, Drawn, opinion
from tests.quality.drawing import SIZE, box, rectangle


def main_objects(image: Image) -> Counter[tuple[int, str]]:
    kept = Annotation.objects.filter(set__main_of=image)
    return Counter(kept.values_list("category__number", "counts"))


def test_a_quorum_is_more_than_half() -> None:
    assert [consensus.quorum_of(n) for n in (2, 3, 4, 5)] == [2, 2, 3, 3]


def test_the_medoid_is_nearest_to_all_others() -> None:
    sets = [[box(0, 0, 10, 10)], [box(1, 0, 10, 10)], [box(3, 0, 10, 10)]]
    assert consensus.medoid_of(sets, SIZE) == 1
    assert consensus.medoid_of([[], [box(0, 0, 5, 5)], []], SIZE) == 0


def test_an_object_needs_its_class_in_enough_sets() -> None:
    mine = [box(0, 0, 10, 10), box(20, 0, 10, 10), box(40, 0, 10, 10)]
    others = [[box(1, 0, 10, 10), box(20, 0, 10, 10, 2)], [box(0, 1, 10, 10)]]
    assert consensus.supported([mine, *others], 0, 2, SIZE) == {"1:0,0"}
    assert consensus.supported([mine, *others], 0, 1, SIZE) == {"1:0,0", "1:20,0", "1:40,0"}


def test_parts_of_stuff_go_together() -> None:
    mine = [box(0, 0, 80, 10, 3, stuff=True), box(0, 10, 80, 10, 3, stuff=True)]
    other = [box(0, 0, 80, 20, 3, stuff=True)]
    assert consensus.supported([mine, other], 0, 2, SIZE) == {one.key for one in mine}


def test_what_most_drew_becomes_the_labels(image: Image, alice: User, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR), ((40, 40, 5, 5), PERSON)])
    opinion(image, dora, [((1, 0, 10, 10), CAR), ((20, 20, 10, 10), ROAD)])
    opinion(image, alice, [((3, 0, 10, 10), CAR)])
    proposal = consensus.propose(image)
    assert (proposal.opinions, proposal.quorum, proposal.medoid.author, proposal.left_out) == (3, 2, dora, 1)
    version = consensus.resolve(image, alice, version=0)
    assert main_objects(image) == {(CAR, rectangle(1, 0, 10, 10)): 1}
    main = AnnotationSet.objects.get(main_of=image)
    assert (main.version, main.status) == (version, "in_progress")
    assert AnnotationSet.objects.get(author=alice).annotations.count() == 1  # her own opinion is untouched


def test_again_changes_nothing_and_a_later_opinion_may(image: Image, alice: User, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR), ((40, 40, 5, 5), PERSON)])
    version = consensus.resolve(image, alice, version=0)
    assert consensus.resolve(image, alice, version=version) == version == 1
    assert main_objects(image) == {(CAR, rectangle(0, 0, 10, 10)): 1}
    opinion(image, alice, [((0, 0, 10, 10), CAR), ((40, 40, 5, 5), PERSON)])
    later = consensus.resolve(image, alice, version=version)
    assert main_objects(image) == {(CAR, rectangle(0, 0, 10, 10)): 1, (PERSON, rectangle(40, 40, 5, 5)): 1}
    assert later > version
    kinds = AnnotationEvent.objects.filter(set__main_of=image).values_list("kind", flat=True)
    assert "create" in kinds  # each in the log, so that it can be undone


def test_labels_of_before_go_and_stay_in_the_log(image: Image, alice: User, bob: User, dora: User) -> None:
    version, before, _ = services.create(
        image, alice, version=0, uid=uuid.UUID(int=5), category=PERSON,
        counts=rectangle(50, 50, 5, 5), clicks=[],
    )  # fmt: skip
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    consensus.resolve(image, alice, version=version)
    assert main_objects(image) == {(CAR, rectangle(0, 0, 10, 10)): 1}
    gone = AnnotationEvent.objects.get(set__main_of=image, kind="delete")
    assert (gone.before or {})["uid"] == str(before.uid)


def test_a_stale_version_changes_nothing(image: Image, alice: User, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    consensus.resolve(image, alice, version=0)
    opinion(image, alice, [((30, 30, 10, 10), CAR)])
    Annotation.objects.filter(set__main_of=image).update(category=image.project.categories.get(number=PERSON))
    with pytest.raises(ApiError) as refused:
        consensus.resolve(image, bob, version=0)
    assert (refused.value.status, refused.value.code) == (409, "conflict")
    assert sum(main_objects(image).values()) == 1


def test_accepted_work_stays(image: Image, alice: User, bob: User, dora: User) -> None:
    AnnotationSet.objects.create(image=image, version=4, status="accepted")
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    with pytest.raises(ApiError) as refused:
        consensus.resolve(image, alice, version=4)
    assert refused.value.code == "closed"


def test_one_opinion_is_no_agreement(image: Image, alice: User, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)], done=False)
    with pytest.raises(ApiError, match="1 finished opinion of this image"):
        consensus.resolve(image, alice, version=0)


def test_thresholds_are_for_each_class() -> None:
    found = Comparison(classes={1: Tally(2, 2, [2, 2, 2], 1.9), 2: Tally(2, 2, [1, 1, 1], 0.9)})
    assert not consensus.reaches(found, 0.8, {})
    assert consensus.reaches(found, 0.8, {2: 0.4})
    assert not consensus.reaches(found, 0.4, {1: 0.99})
    assert consensus.reaches(Comparison(), 0.9, {})


def test_opinions_that_agree_pass(image: Image, project: Project, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    assert not consensus.passes(image)
    opinion(image, dora, [((0, 0, 10, 9), CAR)])
    comparing.work_off()
    assert consensus.passes(image)  # .9
    ConsensusSettings.objects.create(project=project, by_class={"1": 0.95})
    assert not consensus.passes(image)


def test_opinions_that_are_empty_agree(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [])
    opinion(image, dora, [])
    comparing.work_off()
    assert consensus.passes(image)


# Without anybody asking.


@pytest.fixture
def twofold(image: Image, project: Project) -> Image:
    """An image of a lot that two people label blind."""
    lot = Lot.objects.create(project=project, name="Twice", folds=2)
    assert lots.move(lot, project.images.all()) == 1
    return image


def label(image: Image, user: User, drawn: list[Drawn]) -> None:
    """Take the turn, draw, finish."""
    assert turns.go_on(image, user) is not None
    opinion(image, user, drawn)


def work_off() -> None:
    comparing.work_off(after=consensus.consider)


def test_nothing_happens_before_all_opinions_are_in(
    twofold: Image, project: Project, alice: User, bob: User, dora: User
) -> None:
    ConsensusSettings.objects.create(project=project, automatic=True)
    label(twofold, bob, [((0, 0, 10, 10), CAR)])
    work_off()
    assert not Slot.objects.filter(kind="resolve").exists()
    assert not AnnotationSet.objects.filter(main_of=twofold, status="done").exists()


def test_opinions_that_agree_become_labels_by_themselves(
    twofold: Image, project: Project, bob: User, dora: User
) -> None:
    ConsensusSettings.objects.create(project=project, automatic=True)
    label(twofold, bob, [((0, 0, 10, 10), CAR)])
    label(twofold, dora, [((0, 0, 10, 9), CAR)])
    work_off()
    assert main_objects(twofold) == {(CAR, rectangle(0, 0, 10, 10)): 1}
    main = AnnotationSet.objects.get(main_of=twofold)
    assert (main.status, main.finished_by) == ("done", bob)
    assert not consensus.to_resolve(project).exists()


@pytest.mark.parametrize("automatic", [True, False])
def test_others_wait_for_somebody(
    automatic: bool, twofold: Image, project: Project, alice: User, bob: User, dora: User
) -> None:
    ConsensusSettings.objects.create(project=project, automatic=automatic)
    label(twofold, bob, [((0, 0, 10, 10), CAR)])
    label(twofold, dora, [((0, 0, 10, 10), CAR if not automatic else PERSON)])
    work_off()
    slot = consensus.to_resolve(project).get()
    assert (slot.image, slot.state, slot.set) == (twofold, "open", None)
    assert main_objects(twofold) == {}
    comparing.ask(twofold.pk)
    work_off()
    assert consensus.to_resolve(project).count() == 1
    consensus.take(twofold, alice, version=quality_page.resolving(project)[0].version)
    assert not consensus.to_resolve(project).exists()  # finished: the turn is over
    assert AnnotationSet.objects.get(main_of=twofold).status == "done"


def test_later_opinions_leave_finished_labels_alone(
    twofold: Image, project: Project, alice: User, bob: User, dora: User
) -> None:
    ConsensusSettings.objects.create(project=project, automatic=True)
    label(twofold, bob, [((0, 0, 10, 10), CAR)])
    label(twofold, dora, [((0, 0, 10, 10), CAR)])
    work_off()
    before = AnnotationSet.objects.get(main_of=twofold).version
    opinion(twofold, alice, [((30, 30, 10, 10), CAR)])
    work_off()
    assert AnnotationSet.objects.get(main_of=twofold).version == before
    assert not consensus.to_resolve(project).exists()


def test_a_manager_resolves_on_the_page(
    twofold: Image, project: Project, alice: User, bob: User, dora: User, as_user: AsUser
) -> None:
    label(twofold, bob, [((0, 0, 10, 10), CAR)])
    label(twofold, dora, [((0, 0, 10, 10), CAR), ((30, 30, 9, 9), CAR)])
    work_off()
    client = as_user(alice)
    page = client.get(f"/projects/{project.pk}/quality").content.decode()
    assert "1 image to resolve" in page
    url = f"/images/{twofold.pk}/consensus"
    stale = client.post(url, {"version": 99}, follow=True).content.decode()
    assert "was changed since you loaded it" in stale
    assert as_user(bob).post(url, {"version": 0}).status_code == 403
    version = int(page.split('name="version" value="')[1].split('"')[0])
    assert "its opinions agree on" in client.post(url, {"version": version}, follow=True).content.decode()
    assert main_objects(twofold) == {(CAR, rectangle(0, 0, 10, 10)): 1}
    assert "to resolve" not in client.get(f"/projects/{project.pk}/quality").content.decode()
