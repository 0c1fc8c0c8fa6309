from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from labeling.features import queue
from labeling.features.models import Encoding


@admin.register(Encoding)
class EncodingAdmin(admin.ModelAdmin):
    """The encode queue: how far each image is, and why one failed."""

    list_display = (
        "image", "project", "state", "priority", "attempts", "reason", "lease_owner", "seconds", "nbytes",
        "features_version", "ready_at",
    )  # fmt: skip
    list_filter = ("state", "features_version", "image__project")
    list_select_related = ("image__project",)
    search_fields = ("image__name", "reason", "lease_owner")
    readonly_fields = (
        "image", "state", "attempts", "reason", "lease_owner", "lease_until", "features_version", "storage_key",
        "sha256", "nbytes", "seconds", "queued_at", "ready_at",
    )  # fmt: skip
    actions = ("retry", "encode_again")

    @admin.display(ordering="image__project")
    def project(self, encoding: Encoding) -> str:
        return encoding.image.project.name

    @admin.action(description="Retry failed images")
    def retry(self, request: HttpRequest, chosen: QuerySet[Encoding]) -> None:
        self.message_user(request, f"{queue.retry(chosen)} queued again.")

    @admin.action(description="Prepare ready images again")
    def encode_again(self, request: HttpRequest, chosen: QuerySet[Encoding]) -> None:
        count = sum(queue.requeue_lost(row) for row in chosen.filter(state=Encoding.State.READY))
        self.message_user(request, f"{count} queued again.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
