"""Files of a folder through the real upload: each `X` beside an `X.expected.png`, what a person should see."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from labeling.images import blocks, services
from labeling.images.models import Image
from labeling.images.tasks import ingest
from labeling.projects.models import Project
from tests.decoding.test_kinds import NEAR, SIDE, difference, from_blocks

FOLDER = os.environ.get("INTERLABEL_CASES", "")
CASES = sorted(Path(FOLDER).glob("*.expected.png")) if FOLDER else []


@pytest.mark.skipif(not CASES, reason="INTERLABEL_CASES names no folder with pictures and their .expected.png")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("large", [False, True], ids=["whole", "blocks"])
@pytest.mark.parametrize("expected", CASES, ids=[path.name.removesuffix(".expected.png") for path in CASES])
def test_a_file_is_seen_as_it_should_be(
    expected: Path, large: bool, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if large:
        monkeypatch.setattr(blocks, "BLOCKS_FROM", 0)
        monkeypatch.setattr(blocks, "SIDE", SIDE)
    path = expected.with_name(expected.name.removesuffix(".expected.png"))
    upload = services.start_upload(project, project.created_by)
    services.add_file(upload, path.name, io.BytesIO(path.read_bytes()))
    ingest(upload.pk)
    item = upload.items.get()
    assert item.image is not None, item.message
    image = Image.objects.get()
    try:
        with image.view.open("rb") as file:
            found = np.asarray(Pillow.open(file).convert("RGB"))
        if large:
            lossy = image.source["format"] == "JPEG"
            with blocks.opened(image) as archive:
                (tmp_path / "blocks.zip").write_bytes(Path(str(archive.filename)).read_bytes())
            found = from_blocks(tmp_path / "blocks.zip", image.width, image.height, "1" if lossy else "exact")
        right = np.asarray(Pillow.open(expected).convert("RGB"))
        assert (difference(found, right) < NEAR).all(), (difference(found, right), image.source)
    finally:
        image.delete()
