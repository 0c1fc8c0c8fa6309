"""What open editors are told of their project: classes, settings, members; and that their image is gone."""

from collections.abc import Callable

import pytest

from labeling.accounts.models import User
from labeling.accounts.services import end_sessions, set_active
from labeling.annotations import panoptic
from labeling.images.models import Image
from labeling.images.services import delete_image
from labeling.live.access_check import NO_LONGER_ALLOWED, NO_LONGER_THERE, SIGNED_OUT
from labeling.projects import life, services
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Membership, Project, Role
from labeling.projects.specs import AttributeSpec, CategorySpec
from tests.live.conftest import Connect, db

Change = Callable[[Project], object]

CHANGES: dict[str, Change] = {
    "a class deleted": lambda project: services.save_categories(project, [], deleted=[3]),
    "a class renamed": lambda project: services.save_categories(project, [CategorySpec(number=1, name="lorry")]),
    "a class added": lambda project: services.save_categories(project, [CategorySpec(name="tree")]),
    "an attribute": lambda project: save_attributes(project, [AttributeSpec(name="hidden", kind="flag")]),
    "instructions": lambda project: services.change_project(project, instructions="Look twice."),
    "panoptic": panoptic.turn_on,
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_changed_project_is_told_once(what: str, bob: User, project: Project, connect: Connect) -> None:
    socket = await connect(bob)
    await db(CHANGES[what])(project)
    assert await socket.receive() == {"v": 1, "type": "project"}
    await socket.send("ping")
    assert (await socket.receive())["type"] == "pong"


async def test_what_is_rolled_back_is_not_told(bob: User, project: Project, connect: Connect) -> None:
    socket = await connect(bob)

    def fail() -> None:
        with pytest.raises(services.ApiError):
            services.save_categories(project, [CategorySpec(number=1, name="person")])  # there is one

    await db(fail)()
    await socket.send("ping")
    assert (await socket.receive())["type"] == "pong"


async def test_a_removed_member_goes_at_once(alice: User, bob: User, project: Project, connect: Connect) -> None:
    socket = await connect(bob)
    await db(services.remove_member)(project, bob.pk, by=alice)
    assert await socket.closed() == NO_LONGER_ALLOWED


@pytest.mark.parametrize("how", [end_sessions, lambda user: set_active(user, False)], ids=["signed out", "deactivated"])
async def test_somebody_whose_sessions_end_goes_at_once(
    how: Callable[[User], None], bob: User, rita: User, connect: Connect
) -> None:
    mine, other = await connect(bob), await connect(rita)
    await db(how)(bob)
    assert await mine.closed() == SIGNED_OUT
    await other.send("ping")
    assert (await other.receive())["type"] == "pong"


async def test_a_new_role_is_told_and_holds_at_once(
    alice: User, bob: User, rita: User, project: Project, connect: Connect
) -> None:
    mine, other = await connect(bob), await connect(rita)
    await db(services.change_role)(project, bob.pk, Role.REVIEWER, by=alice)
    assert (await mine.receive())["type"] == "project"
    await mine.send("start", object="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert (await mine.until("error"))["code"] == "not_allowed"
    await other.send("ping")
    assert (await other.receive())["type"] == "pong"  # nobody else's business


async def test_a_deleted_image_is_told(bob: User, image: Image, connect: Connect) -> None:
    socket = await connect(bob)
    await db(delete_image)(image)
    assert await socket.receive() == {"v": 1, "type": "gone", "what": "image"}
    assert await socket.closed() == NO_LONGER_THERE


async def test_a_deleted_project_is_told(bob: User, project: Project, image: Image, connect: Connect) -> None:
    socket = await connect(bob)

    await db(project.delete)()
    assert (await socket.until("gone"))["what"] == "project"
    assert await socket.closed() == NO_LONGER_THERE


async def test_an_archived_project_is_told_and_nobody_clicks_in_it(
    alice: User, bob: User, project: Project, image: Image, connect: Connect
) -> None:
    socket = await connect(bob)
    await db(life.archive)(project, alice)
    assert (await socket.until("project"))["type"] == "project"
    await socket.send("start", object="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    refused = await socket.until("error")
    assert refused["code"] == "not_allowed"
    assert "archived" in refused["message"]


async def test_a_project_in_the_bin_is_gone_for_open_editors(
    alice: User, bob: User, project: Project, image: Image, connect: Connect
) -> None:
    socket = await connect(bob)
    await db(life.move_to_bin)(project, alice, named=project.name)
    assert (await socket.until("gone"))["what"] == "project"
    assert await socket.closed() == NO_LONGER_THERE


async def test_other_projects_are_not_told(alice: User, bob: User, project: Project, connect: Connect) -> None:
    socket = await connect(bob)

    def elsewhere() -> None:
        other = services.create_project(name="Other", user=alice, categories=[{"name": "x"}])
        Membership.objects.create(project=other, user=bob, role=Role.REVIEWER)

    await db(elsewhere)()
    await socket.send("ping")
    messages = [await socket.receive()]
    assert [one["type"] for one in messages] == ["pong"]
