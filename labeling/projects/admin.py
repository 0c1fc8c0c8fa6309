"""Projects in the Django admin, with their classes and members inside."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from labeling.projects.models import Attribute, Category, Membership, Project


class CategoryInline(admin.TabularInline):
    """Classes are added in the product, which gives them their numbers; here they can be corrected."""

    model = Category
    fields = ("number", "name", "color", "hotkey", "kind")
    readonly_fields = ("number",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False


class AttributeInline(admin.TabularInline):
    """Attributes, as classes: added in the product."""

    model = Attribute
    fields = ("number", "name", "kind", "choices")
    readonly_fields = ("number", "kind")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    """Members and their roles."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    """A project with everything that belongs to it but its images."""

    list_display = ("name", "created_by", "created_at", "category_count", "member_count")
    list_filter = ("created_at",)
    search_fields = ("name", "instructions", "created_by__username")
    date_hierarchy = "created_at"
    readonly_fields = ("created_at", "next_category_number")
    autocomplete_fields = ("created_by",)
    inlines = (CategoryInline, AttributeInline, MembershipInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return (
            super()
            .get_queryset(request)
            .annotate(categories_n=Count("categories", distinct=True), members_n=Count("memberships", distinct=True))
        )

    @admin.display(description="classes", ordering="categories_n")
    def category_count(self, project: Project) -> int:
        return int(getattr(project, "categories_n", 0))

    @admin.display(description="members", ordering="members_n")
    def member_count(self, project: Project) -> int:
        return int(getattr(project, "members_n", 0))


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """All classes of all projects."""

    list_display = ("name", "project", "number", "color", "hotkey", "kind")
    list_filter = ("kind", "project")
    search_fields = ("name", "project__name")
    list_select_related = ("project",)
    readonly_fields = ("project", "number")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    """Who is in which project as what."""

    list_display = ("user", "project", "role", "created_at")
    list_filter = ("role", "project")
    search_fields = ("user__username", "user__email", "project__name")
    list_select_related = ("user", "project")
    autocomplete_fields = ("user", "project")
    readonly_fields = ("created_at",)
