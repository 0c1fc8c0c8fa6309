"""Who signs in, and who tried to."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """A person. Our own model from the first migration, so that fields can be added without a swap."""

    keys = models.JSONField(
        default=dict,
        blank=True,
        help_text="The editor's keys as the person wants them: action to keys; others as shipped.",
    )

    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    sessions_ended = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often all sessions were ended at once: part of what a session proves."
    )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session has to show: Django's hash, and another one each time all sessions were ended."""
        plain = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.sessions_ended:
            return str(plain)
        salt = f"labeling.accounts.sessions.{self.sessions_ended}"
        return salted_hmac(salt, str(plain), secret=secret, algorithm="sha256").hexdigest()

    @property
    def shown_name(self) -> str:
        """The full name where there is one, else the sign-in name."""
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """One or two capital letters for the avatar."""
        words = self.shown_name.replace(".", " ").replace("_", " ").split()
        letters = [words[0][0], words[-1][0]] if len(words) > 1 else [self.shown_name[0]]
        return "".join(letters).upper()

    @property
    def hue(self) -> int:
        """The avatar's hue in degrees: always the same for a person, far apart for people made one after another."""
        return (self.pk or 0) * 137 % 360


class FailedSignIn(models.Model):
    """One attempt to sign in that has not succeeded; labeling/accounts/throttle.py counts them."""

    username = models.CharField(max_length=150, help_text="As typed, in lower case; maybe nobody's.")
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    device = models.CharField(
        max_length=32, blank=True, default="", help_text="The browser, if the name has signed in with it before."
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "failed sign-in"
        indexes = [
            models.Index(fields=["username", "at"], name="failed_by_username"),
            models.Index(fields=["address", "at"], name="failed_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.username} from {self.address}"
