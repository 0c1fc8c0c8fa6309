"""People in the Django admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from labeling.accounts.models import FailedSignIn, User

admin.site.site_header = "Interlabel administration"
admin.site.site_title = "Interlabel"
admin.site.index_title = "All stored data"


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own page for users, with what we look for."""

    list_display = ("username", "shown_name", "email", "is_staff", "is_active", "last_login")


@admin.register(FailedSignIn)
class FailedSignInAdmin(admin.ModelAdmin):
    """A log to read; deleting entries lets somebody try again at once."""

    list_display = ("username", "address", "at")
    search_fields = ("username", "address")
    list_filter = ("at",)
    readonly_fields = ("username", "address", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
