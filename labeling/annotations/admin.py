"""Kept objects in the Django admin: to look at. Changes go through the API, which raises versions and logs them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet


class LookOnly(admin.ModelAdmin):
    """A row that is changed here would have no new version and no event: an open editor would overwrite it.

    Deleting is possible only with the image or the project around it.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        page = request.resolver_match.url_name if request.resolver_match else ""
        here = (page or "").startswith(f"{self.opts.app_label}_")
        return not here and super().has_delete_permission(request, obj)


@admin.register(AnnotationSet)
class AnnotationSetAdmin(LookOnly):
    list_display = ["image", "project", "status", "version", "opened_by", "opened_at", "changed_by", "changed_at"]
    list_filter = ["status", "image__project"]
    list_select_related = ["image__project", "opened_by", "changed_by"]
    search_fields = ["image__name", "image__project__name", "changed_by__username"]
    date_hierarchy = "changed_at"

    @admin.display(ordering="image__project")
    def project(self, obj: AnnotationSet) -> str:
        return obj.image.project.name


@admin.register(Annotation)
class AnnotationAdmin(LookOnly):
    list_display = ["uid", "image", "category", "area", "box", "created_by", "changed_at"]
    list_filter = ["category__project", "category"]
    list_select_related = ["set__image", "category", "created_by"]
    search_fields = ["uid", "set__image__name", "category__name", "created_by__username"]
    date_hierarchy = "changed_at"

    @admin.display(ordering="set__image__name")
    def image(self, obj: Annotation) -> str:
        return obj.set.image.name

    @admin.display(description="x, y, width, height")
    def box(self, obj: Annotation) -> str:
        return f"{obj.bbox_x}, {obj.bbox_y}, {obj.bbox_width}, {obj.bbox_height}"


@admin.register(AnnotationEvent)
class AnnotationEventAdmin(LookOnly):
    list_display = ["image", "version", "kind", "user", "at"]
    list_filter = ["kind", "set__image__project"]
    list_select_related = ["set__image", "user"]
    search_fields = ["set__image__name", "user__username"]
    date_hierarchy = "at"

    @admin.display(ordering="set__image__name")
    def image(self, obj: AnnotationEvent) -> str:
        return obj.set.image.name
