"""What people are told: work that came back, answers, mentions, work that was given to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.images.models import Image
from labeling.projects.models import Project


class Notice(models.Model):
    """Something that one person is told once. Written in the transaction of what it is about."""

    class Kind(models.TextChoices):
        SENT_BACK = "sent_back", "Sent back"
        CORRECTED = "corrected", "Corrected"
        REPLY = "reply", "Reply"
        MENTION = "mention", "Mention"
        ASSIGNED = "assigned", "Assigned"
        LOT_FINISHED = "finished", "Lot finished"
        ATTENTION = "attention", "Needs attention"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=9, choices=Kind)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    subject = models.CharField(
        max_length=40, default="", blank=True, help_text="What tells it from others of its kind: a round, a comment."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(models.F("person"), models.F("id").desc(), name="notice_newest"),
            models.Index("person", condition=Q(read_at=None), name="notice_unread"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "project", "image", "subject"], name="notice_once"),
            models.UniqueConstraint(
                fields=["person", "kind", "project", "subject"],
                condition=Q(image=None),
                name="notice_of_project_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person}"


class MailSettings(models.Model):
    """How somebody is told by e-mail of what they have not seen. Without a row: hourly."""

    class How(models.TextChoices):
        SOON = "soon", "When something has waited for half an hour"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox_mail")
    how = models.CharField(max_length=5, choices=How, default=How.SOON)
    hour = models.PositiveSmallIntegerField(default=8, help_text="Of the day in `zone`, for daily mail.")
    zone = models.CharField(max_length=64, default="UTC", help_text="A name of the IANA time zones.")
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    refusals = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Mails in a row that were refused. Saving the settings begins anew."
    )

    def __str__(self) -> str:
        return f"{self.person}: {self.how}"
