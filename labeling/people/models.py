"""Invitations: how somebody gets an account, or into a project."""

import hashlib
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labeling.projects.models import Project, Role


def hash_of(token: str) -> str:
    """What is stored of a token: who reads the database can't use it."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationState(StrEnum):
    """Whether a link works, or why it does not."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"


class Invitation(models.Model):
    """A link with which somebody makes an account and, with a project, becomes a member."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, related_name="invitations", help_text="None: an account alone."
    )
    role = models.CharField(max_length=20, choices=Role, blank=True)
    email = models.EmailField(blank=True, help_text="For whom it is; the link works for others, too.")
    token_hash = models.CharField(max_length=64, unique=True)
    by_email = models.BooleanField(
        default=False, help_text="Only an e-mail has the link: who opens it reads the mail of that address."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    most_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("most_uses")), name="invitation_uses_bounded"),
            models.CheckConstraint(
                condition=Q(project__isnull=True, role="") | (Q(project__isnull=False) & ~Q(role="")),
                name="invitation_role_with_project",
            ),
        ]

    def __str__(self) -> str:
        return self.email or f"link {self.pk}"

    def state_at(self, now: datetime) -> InvitationState:
        """Whether it works."""
        if self.revoked_at:
            return InvitationState.REVOKED
        if self.uses >= self.most_uses:
            return InvitationState.USED
        return InvitationState.EXPIRED if self.expires_at <= now else InvitationState.OPEN

    @property
    def state(self) -> InvitationState:
        """Whether it works now."""
        return self.state_at(timezone.now())

    @classmethod
    def open_ones(cls) -> "models.QuerySet[Invitation]":
        """Those that work now, the newest first."""
        now = timezone.now()
        return cls.objects.filter(revoked_at=None, expires_at__gt=now, uses__lt=F("most_uses"))


class InvitationUse(models.Model):
    """Who came by which invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="used_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "user"], name="invitation_used_once")]
