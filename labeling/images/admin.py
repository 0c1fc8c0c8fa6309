from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from labeling.images import services
from labeling.images.models import Image, Upload, UploadItem


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    """Images come in by uploads: here they are looked at, renamed and deleted (with their files)."""

    list_display = ("thumb", "name", "project", "width", "height", "created_at")
    list_display_links = ("thumb", "name")
    list_filter = ("project", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "sha256", "project__name")
    readonly_fields = (
        "thumb", "project", "sha256", "original", "view", "thumbnail", "width", "height", "source", "created_at",
    )  # fmt: skip
    date_hierarchy = "created_at"
    list_per_page = 50

    @admin.display(description="")
    def thumb(self, image: Image) -> str:
        return format_html('<img src="{}" alt="" height="48">', image.thumbnail_url)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        """As elsewhere, so that the audit log has it."""
        services.delete_image(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        """One by one, as elsewhere."""
        for image in queryset.select_related("project"):
            services.delete_image(image)


class ItemInline(admin.TabularInline):
    """The files of an upload and what became of them."""

    model = UploadItem
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "size", "state", "reason", "message", "image", "parent", "attempts")
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin):
    """Drops of files."""

    list_display = ("id", "project", "created_by", "created_at", "state", "finished_at")
    list_filter = ("closed", "project", "created_at")
    list_select_related = ("project", "created_by")
    search_fields = ("project__name", "created_by__username", "items__name")
    readonly_fields = ("project", "created_by", "created_at", "state", "finished_at")
    inlines = (ItemInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(UploadItem)
class UploadItemAdmin(admin.ModelAdmin):
    """Single files, to find a rejected one."""

    list_display = ("name", "upload", "project", "size", "state", "reason", "message")
    list_filter = ("state", "reason", "upload__project")
    list_select_related = ("upload__project",)
    search_fields = ("name", "message")
    readonly_fields = (
        "upload", "name", "file", "size", "state", "reason", "message", "image", "parent", "entry", "attempts",
        "lease_owner", "lease_until",
    )  # fmt: skip

    @admin.display(ordering="upload__project")
    def project(self, item: UploadItem) -> str:
        return item.upload.project.name

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
