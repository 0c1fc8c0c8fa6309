"""Images of a project in any state, as the pages' tests have them."""

from tests.pages.conftest import add_image  # noqa: F401 - a fixture
