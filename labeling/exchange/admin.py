from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from labeling.exchange import build, services
from labeling.exchange.models import Export


@admin.register(Export)
class ExportAdmin(admin.ModelAdmin):
    """Exports are asked for on the project page; here they are looked at, tried again and deleted (with their zips)."""

    list_display = ("id", "project", "format", "name", "state", "done", "total", "created_by", "created_at", "download")
    list_filter = ("state", "format", "project", "created_at")
    list_select_related = ("project", "created_by")
    search_fields = ("project__name", "created_by__username", "reason")
    date_hierarchy = "created_at"
    actions = ("try_again",)
    readonly_fields = (
        "project", "format", "options", "created_by", "created_at", "state", "done", "total", "reason", "attempts",
        "lease_owner", "lease_until", "download", "finished_at", "name", "sha256",
        "frozen_by", "frozen_at", "sink", "delivered",
    )  # fmt: skip
    exclude = ("file", "content")

    @admin.display(description="zip")
    def download(self, export: Export) -> str:
        url = build.news(export).url
        return format_html('<a href="{}">Download</a>', url) if url else "–"

    @admin.action(description="Retry failed exports")
    def try_again(self, request: HttpRequest, exports: QuerySet[Export]) -> None:
        count = sum(services.try_again(export) for export in exports)
        self.message_user(request, f"{count} failed exports were started again.", messages.SUCCESS)

    def has_delete_permission(self, request: HttpRequest, obj: Export | None = None) -> bool:
        """A frozen version is deleted by owners, which superusers are everywhere."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or (obj is not None and not obj.name))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
