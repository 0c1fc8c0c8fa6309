"""Who signs in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person. Our own model from the first migration, so that fields can be added without a swap."""

    @property
    def shown_name(self) -> str:
        """The full name where there is one, else the sign-in name."""
        return self.get_full_name() or self.username
