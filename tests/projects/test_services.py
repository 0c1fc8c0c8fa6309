"""Classes and members: numbers are never reused, nothing in use is deleted, a manager always stays."""

import re
import uuid
from string import ascii_lowercase
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image
from labeling.projects import services
from labeling.projects.models import HOTKEY_PATTERN, Category, Project, Role
from labeling.projects.palette import PALETTE, free_color, free_hotkey
from labeling.projects.specs import CategorySpec
from labeling.web.api import ApiError


def classes(project: Project) -> list[tuple[int, str, str | None]]:
    return list(project.categories.values_list("number", "name", "hotkey"))


def annotate(project: Project, category: Category, times: int = 1) -> None:
    image = Image.objects.create(project=project, name="a.png", sha256=uuid.uuid4().hex, width=4, height=4)
    kept = AnnotationSet.objects.create(image=image)
    for _ in range(times):
        Annotation.objects.create(
            set=kept, uid=uuid.uuid4(), category=category, counts="01?", area=1,
            bbox_x=0, bbox_y=0, bbox_width=1, bbox_height=1,
        )  # fmt: skip


def test_a_new_project_has_its_creator_as_owner_and_numbers_from_1(alice: User) -> None:
    project = services.create_project(name="Birds", user=alice, categories=[{"name": "wing"}, {"name": "beak"}])
    assert classes(project) == [(1, "wing", "1"), (2, "beak", "2")]
    assert [one.color for one in project.categories.all()] == PALETTE[:2]
    assert project.memberships.get().role == Role.OWNER
    assert project.next_category_number == 3


def test_given_colours_and_keys_are_kept_and_free_ones_avoid_them(alice: User) -> None:
    given: list[dict[str, Any]] = [
        {"name": "a"},
        {"name": "b", "hotkey": 1, "color": PALETTE[0].upper()},
        {"name": "c", "hotkey": None},
    ]
    project = services.create_project(name="Birds", user=alice, categories=given)
    assert classes(project) == [(1, "a", "2"), (2, "b", "1"), (3, "c", None)]
    assert project.categories.get(name="a").color == PALETTE[1]
    assert project.categories.get(name="b").color == PALETTE[0]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "no_category"),
        ([{"name": " "}], "bad_category"),
        ([{"name": "a", "hotkey": 10}], "bad_category"),
        ([{"name": "a", "color": "red"}], "bad_category"),
        ([{"name": "a", "kind": "thingy"}], "bad_category"),
        ([{"name": "Car"}, {"name": "car"}], "name_taken"),
        ([{"name": "a", "hotkey": 3}, {"name": "b", "hotkey": 3}], "hotkey_taken"),
        ([{"name": "a", "number": 1}], "unknown_category"),
    ],
)
def test_a_wrong_class_makes_no_project(alice: User, given: list[dict[str, object]], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        services.create_project(name="Birds", user=alice, categories=given)
    assert caught.value.code == code
    assert not Project.objects.exists()


def test_two_classes_can_swap_name_and_key(project: Project) -> None:
    specs = [CategorySpec(number=1, name="person", hotkey="2"), CategorySpec(number=2, name="car", hotkey="1")]
    services.save_categories(project, specs)
    assert classes(project) == [(1, "person", "2"), (2, "car", "1"), (3, "road", "3")]


def test_what_a_change_leaves_out_stays(project: Project) -> None:
    services.save_categories(project, [CategorySpec(number=1, name="vehicle")])
    changed = project.categories.get(number=1)
    assert (changed.name, changed.color, changed.hotkey) == ("vehicle", "#e4572e", "1")


def test_a_new_class_can_not_take_a_key_that_stays(project: Project) -> None:
    with pytest.raises(ApiError, match="key 3"):
        services.save_categories(project, [CategorySpec(name="tree", hotkey="3")])
    with pytest.raises(ApiError, match="key 1"):
        services.save_categories(project, [CategorySpec(number=1, name="car"), CategorySpec(name="tree", hotkey="1")])


def test_a_number_is_never_used_again(project: Project) -> None:
    services.save_categories(project, [], deleted=[3])
    services.save_categories(project, [CategorySpec(name="sky", kind="stuff")])
    assert classes(project) == [(1, "car", "1"), (2, "person", "2"), (4, "sky", "3")]
    project.refresh_from_db()
    assert project.next_category_number == 5


def test_a_key_and_name_of_a_deleted_class_are_free_at_once(project: Project) -> None:
    services.save_categories(project, [CategorySpec(number=2, name="road", hotkey="3")], deleted=[3])
    assert classes(project) == [(1, "car", "1"), (2, "road", "3")]


def test_a_deleted_class_that_is_made_again_stays_the_same(project: Project) -> None:
    services.save_categories(project, [CategorySpec(name="Road", hotkey="4")], deleted=[3])
    assert classes(project) == [(1, "car", "1"), (2, "person", "2"), (3, "Road", "4")]


def test_a_class_in_use_stays_and_so_does_everything_else(project: Project) -> None:
    annotate(project, project.categories.get(number=2), times=3)
    with pytest.raises(ApiError) as caught:
        services.change_project(project, name="Other", categories=[CategorySpec(number=1, name="bus")], deleted=[2])
    assert (caught.value.code, caught.value.extra["objects"]) == ("category_in_use", 3)
    assert "3 objects use this class" in caught.value.message
    assert classes(project)[0] == (1, "car", "1")
    assert Project.objects.get().name == "Street"


def test_the_last_class_can_not_go(project: Project) -> None:
    with pytest.raises(ApiError, match="at least one class"):
        services.save_categories(project, [], deleted=[1, 2, 3])


def test_palette() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
    assert free_color(PALETTE[:3]) == PALETTE[3]
    assert free_color(PALETTE) in PALETTE
    assert free_hotkey({"1", "2", "4", None}) == "3"


def test_every_class_of_a_long_list_gets_a_key_of_its_own(alice: User) -> None:
    names = [f"class {number}" for number in range(1, 501)]
    project = services.create_project(name="Many", user=alice, categories=[{"name": name} for name in names])
    keys = [key or "" for _, _, key in classes(project)]
    assert keys[:19] == [*"123456789", *(f"0{digit}" for digit in "123456789"), "0cl"]
    assert len(set(keys)) == 500
    assert all(re.fullmatch(HOTKEY_PATTERN, key) for key in keys)
    assert not any(one != other and other.startswith(one) for one in keys for other in keys), "none begins another"


def test_a_key_is_of_the_name_where_it_can_be() -> None:
    taken = {*"123456789", *(f"0{digit}" for digit in "123456789")}
    assert free_hotkey(taken, "Car") == "0ca"
    assert free_hotkey({*taken, "0ca"}, "Car") == "0cr"
    assert free_hotkey({*taken, "0ca", "0cr"}, "car") == "0cb"
    assert free_hotkey(taken, "猫") == "0aa"
    assert free_hotkey({*taken, *(f"0{one}{two}" for one in ascii_lowercase for two in ascii_lowercase)}, "car") is None


@pytest.mark.parametrize("key", ["0", "10", "c", "0a", "0abc", "00", "00a", "-1", "0A1", " "])
def test_a_key_that_is_none_is_refused(alice: User, key: str) -> None:
    with pytest.raises(ApiError) as caught:
        services.create_project(name="Birds", user=alice, categories=[{"name": "a", "hotkey": key}])
    assert caught.value.code == "bad_category"


def test_the_order_of_classes_is_apart_from_their_numbers(project: Project) -> None:
    services.order_categories(project, [3, 1, 2])
    assert [one for one, _, _ in classes(project)] == [3, 1, 2]
    services.save_categories(project, [CategorySpec(name="sky")])
    assert [one for one, _, _ in classes(project)] == [3, 1, 2, 4]
    services.save_categories(project, [CategorySpec(number=2, name="person"), CategorySpec(name="tree")], in_order=True)
    assert [one for one, _, _ in classes(project)] == [2, 5, 3, 1, 4]


@pytest.mark.parametrize("numbers", [[1, 2], [1, 2, 3, 4], [1, 2, 2], []])
def test_an_order_of_other_classes_is_refused(project: Project, numbers: list[int]) -> None:
    with pytest.raises(ApiError) as caught:
        services.order_categories(project, numbers)
    assert (caught.value.status, caught.value.code) == (409, "changed")


def test_an_order_that_a_colleague_has_changed_is_not_overwritten(project: Project) -> None:
    seen = services.settings_state(project)
    services.order_categories(project, [2, 1, 3], seen)
    with pytest.raises(ApiError) as caught:
        services.order_categories(project, [3, 2, 1], seen)
    assert caught.value.code == "changed"
    assert [one for one, _, _ in classes(project)] == [2, 1, 3]


def test_a_member_is_found_by_name_however_it_is_written(project: Project, alice: User, charlie: User) -> None:
    services.add_member(project, " Charlie ", Role.REVIEWER, by=alice)
    assert project.memberships.get(user=charlie).role == Role.REVIEWER


def test_accounts_that_differ_in_capitals_alone(project: Project, alice: User, charlie: User) -> None:
    other = User.objects.create_user("CHARLIE")
    for name, user in (("charlie", charlie), ("CHARLIE", other)):
        assert services.add_member(project, name, Role.REVIEWER, by=alice).user == user
    with pytest.raises(ApiError, match="capitals"):
        services.add_member(project, "Charlie", Role.REVIEWER, by=alice)


@pytest.mark.parametrize(("name", "code"), [("nobody", "no_such_user"), ("bob", "already_member")])
def test_who_can_not_be_added(project: Project, alice: User, name: str, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        services.add_member(project, name, Role.ANNOTATOR, by=alice)
    assert caught.value.code == code


def test_a_switched_off_account_can_not_be_added(project: Project, alice: User, charlie: User) -> None:
    charlie.is_active = False
    charlie.save()
    with pytest.raises(ApiError, match="No account named"):
        services.add_member(project, "charlie", Role.ANNOTATOR, by=alice)


def test_the_last_owner_stays(project: Project, alice: User, bob: User) -> None:
    for refused in (
        lambda: services.remove_member(project, alice.pk, by=alice),
        lambda: services.change_role(project, alice.pk, Role.MANAGER, by=alice),
    ):
        with pytest.raises(ApiError) as caught:
            refused()
        assert (caught.value.status, caught.value.code) == (409, "last_owner")
    services.change_role(project, alice.pk, Role.OWNER, by=alice)  # no change is no harm
    services.change_role(project, bob.pk, Role.OWNER, by=alice)
    services.remove_member(project, alice.pk, by=alice)
    assert project.memberships.filter(role=Role.OWNER).get().user == bob


def test_nobody_gives_or_takes_a_role_above_their_own(
    project: Project, alice: User, bob: User, rita: User, charlie: User
) -> None:
    services.change_role(project, bob.pk, Role.MANAGER, by=alice)
    for refused in (
        lambda: services.add_member(project, "charlie", Role.OWNER, by=bob),
        lambda: services.change_role(project, bob.pk, Role.OWNER, by=bob),
        lambda: services.change_role(project, alice.pk, Role.VIEWER, by=bob),
        lambda: services.remove_member(project, alice.pk, by=bob),
    ):
        with pytest.raises(ApiError, match="Only owners can make or change owners") as caught:
            refused()
        assert (caught.value.status, caught.value.code) == (403, "role_above")
    services.add_member(project, "charlie", Role.MANAGER, by=bob)
    services.change_role(project, charlie.pk, Role.VIEWER, by=bob)
    services.remove_member(project, rita.pk, by=bob)
    services.remove_member(project, bob.pk, by=bob)  # a manager may go
    assert sorted(project.memberships.values_list("user__username", "role")) == [
        ("alice", "owner"), ("charlie", "viewer")
    ]  # fmt: skip


def test_an_outsider_can_not_be_changed(project: Project, alice: User, charlie: User) -> None:
    with pytest.raises(ApiError) as caught:
        services.remove_member(project, charlie.pk, by=alice)
    assert caught.value.status == 404
