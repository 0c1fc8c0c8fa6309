"""Disagreements as pictures: of the part where two sets differ, for managers alone."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image as Pillow

from labeling import masks
from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.quality import comparing, pictures
from labeling.quality.models import PairScore
from tests.memory import peak_kib
from tests.quality.conftest import CAR, AsUser, opinion
from tests.quality.drawing import SIZE, box

pytestmark = pytest.mark.once


@pytest.fixture
def image(new_image: Callable[[], Image]) -> Image:
    """A grey picture."""
    found, out = new_image(), io.BytesIO()
    Pillow.new("RGB", (SIZE.width, SIZE.height), (90, 90, 90)).save(out, "PNG")
    for name in ("original", "view", "thumbnail"):
        getattr(found, name).save("a.png", ContentFile(out.getvalue()), save=False)
    found.save()
    return found


@pytest.fixture
def pair(image: Image, bob: User, dora: User) -> PairScore:
    """Both have a car in the corner; dora has another one alone."""
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR), ((50, 40, 10, 10), CAR)])
    comparing.work_off()
    return PairScore.objects.get()


def test_what_differs_is_what_one_alone_has_or_has_otherwise() -> None:
    first = [box(0, 0, 20, 20), box(40, 0, 10, 10), box(60, 0, 10, 10, 1)]
    second = [box(0, 0, 20, 20), box(42, 0, 10, 10), box(60, 0, 10, 10, 2)]
    assert [one.key for one in pictures.differing(first, second, SIZE)] == ["1:40,0", "1:60,0", "1:42,0", "2:60,0"]


def test_the_part_has_a_margin_and_stays_in_the_view() -> None:
    assert pictures.part_of([box(30, 20, 10, 10)], SIZE) == masks.Box(20, 10, 30, 30)
    assert pictures.part_of([box(0, 0, 80, 60)], SIZE) == pictures.part_of([], SIZE) == masks.Box(0, 0, 80, 60)


def test_the_picture_shows_the_part_with_an_outline(pair: PairScore, alice: User, as_user: AsUser) -> None:
    answer = as_user(alice).get(f"/quality/pairs/{pair.pk}/picture")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "image/webp",
        "private, no-cache",
    )
    pixels = np.asarray(Pillow.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
    assert max(pixels.shape[:2]) == pictures.SIDE
    blue = (pixels[..., 2] - pixels[..., 0]) > 80  # the second set's outline
    orange = (pixels[..., 0] - pixels[..., 2]) > 80  # the first one's is not in this part
    assert blue.sum() > 200
    assert orange.sum() == 0
    assert abs(pixels[:20, :20] - 90).max() < 12  # the picture itself around it


def test_an_unchanged_picture_is_not_sent_again(pair: PairScore, alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    etag = client.get(f"/quality/pairs/{pair.pk}/picture")["ETag"]
    again = client.get(f"/quality/pairs/{pair.pk}/picture", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["bob", "dora", "rita"])
def test_nobody_but_managers_sees_others_opinions(name: str, pair: PairScore, as_user: AsUser) -> None:
    user = User.objects.get(username=name)
    assert as_user(user).get(f"/quality/pairs/{pair.pk}/picture").status_code == 403


def test_a_lost_picture_is_told(pair: PairScore, image: Image, alice: User, as_user: AsUser) -> None:
    image.view.storage.delete(str(image.view.name))
    answer = as_user(alice).get(f"/quality/pairs/{pair.pk}/picture")
    assert answer.status_code == 404


def test_an_outline_in_a_large_view_costs_little_memory() -> None:
    """A stuff region over all of 100 megapixels."""
    prepare = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "labeling.settings"
import django
django.setup()
import numpy as np
from labeling import masks
from labeling.masks import Box
from labeling.quality import pictures
from labeling.quality.segments import Size, segment
from tests.quality.drawing import box
size = Size(10_000, 10_000)
counts = masks.encode_runs(np.array([0, 100_000_000]), 10_000, 10_000)
one = segment("a", 1, counts, size)
pixels = np.zeros((480, 480, 3), np.uint8)
pictures._outline(pixels, box(0, 0, 60, 40), Box(0, 0, 80, 60), Size(60, 80), (1, 2, 3), False)
"""
    code = "pictures._outline(pixels, one, Box(0, 0, 10_000, 10_000), size, (1, 2, 3), False); assert pixels.any()"
    assert peak_kib(prepare, code) < 40 * 1024
