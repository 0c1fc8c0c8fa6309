"""The image to annotate of the annotations' tests."""

from tests.annotations.conftest import image, keep

__all__ = ["image", "keep"]
