"""Suggestions, runs and heads in the Django admin: to look at, to stop and to delete."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from labeling.suggestions import learning, runs
from labeling.suggestions.models import (
    CategoryMapping,
    HeadVersion,
    Run,
    RunImage,
    Suggestion,
    SuggestionSettings,
)


class MadeElsewhere(admin.ModelAdmin):
    """Rows that only the product makes, and nobody changes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Suggestion)
class SuggestionAdmin(MadeElsewhere):
    list_display = ("uid", "image", "method", "head", "word", "category", "score", "state", "decided_by", "decided_at")
    list_filter = ("state", "method", "image__project", "head")
    list_select_related = ("image", "head__project", "category", "decided_by")
    search_fields = ("uid", "image__name", "word")
    date_hierarchy = "created_at"


@admin.register(Run)
class RunAdmin(MadeElsewhere):
    list_display = ("id", "project", "method", "head", "state", "automatic", "created_by", "created_at", "finished_at")
    list_filter = ("state", "method", "project")
    list_select_related = ("project", "head__project", "created_by")
    date_hierarchy = "created_at"
    actions = ("stop", "retry")

    @admin.action(description="Stop running runs")
    def stop(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        self.message_user(request, f"{sum(runs.stop(run) for run in chosen)} stopped.")

    @admin.action(description="Retry failed and stopped images")
    def retry(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        self.message_user(request, f"{sum(runs.retry(run) for run in chosen)} images queued again.")


@admin.register(RunImage)
class RunImageAdmin(MadeElsewhere):
    list_display = ("image", "run", "state", "attempts", "reason", "found", "doubt", "seconds", "finished_at")
    list_filter = ("state", "run__method", "run__project")
    list_select_related = ("image", "run__project")
    search_fields = ("image__name", "reason")


@admin.register(HeadVersion)
class HeadVersionAdmin(MadeElsewhere):
    """A deleted head takes its files along, and what it proposed is not offered any more."""

    list_display = ("id", "project", "kind", "number", "state", "step", "steps", "seconds", "reason", "created_at")
    list_filter = ("state", "kind", "project")
    list_select_related = ("project",)
    date_hierarchy = "created_at"
    actions = ("cancel", "retry")

    @admin.action(description="Cancel training")
    def cancel(self, request: HttpRequest, chosen: QuerySet[HeadVersion]) -> None:
        self.message_user(request, f"{sum(learning.cancel(head) for head in chosen)} cancelled.")

    @admin.action(description="Retry failed and cancelled training")
    def retry(self, request: HttpRequest, chosen: QuerySet[HeadVersion]) -> None:
        own = chosen.filter(project__isnull=False)
        self.message_user(request, f"{sum(learning.retry(head) for head in own)} queued again.")


@admin.register(CategoryMapping)
class CategoryMappingAdmin(MadeElsewhere):
    list_display = ("project", "head", "word", "category")
    list_filter = ("project",)
    list_select_related = ("project", "head__project", "category")
    search_fields = ("word", "category__name")


@admin.register(SuggestionSettings)
class SuggestionSettingsAdmin(admin.ModelAdmin):
    list_display = ("project", "everything_when_ready", "learn_at_doublings", "least_sure_first")
    list_select_related = ("project",)
