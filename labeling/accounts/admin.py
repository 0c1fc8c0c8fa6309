"""People in the Django admin."""

from importlib import import_module
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest, HttpResponse

from labeling.accounts.models import FailedSignIn, User
from labeling.accounts.services import end_sessions
from labeling.audit.actions import Action
from labeling.audit.services import record

admin.site.site_header = "Interlabel administration"
admin.site.site_title = "Interlabel"
admin.site.index_title = "All stored data"
for _app in ("mfa", "socialaccount", "usersessions"):  # they register what is taken out here
    import_module(f"allauth.{_app}.admin")
# They would show secrets of second factors and keys of sessions; the provider comes from the settings.
admin.site.unregister([Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own page for users, with what we look for."""

    list_display = ("username", "shown_name", "email", "is_staff", "is_active", "last_login")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """What the audit log has to know; a deactivated account is signed out."""
        before = User.objects.filter(pk=obj.pk).first() if change else None
        super().save_model(request, obj, form, change)
        if before is None:
            record(Action.PERSON_CREATED, about=obj)
            return
        if before.is_active != obj.is_active:
            record(Action.PERSON_REACTIVATED if obj.is_active else Action.PERSON_DEACTIVATED, about=obj)
            if not obj.is_active:
                end_sessions(obj)
        if before.is_superuser != obj.is_superuser:
            record(Action.ADMINISTRATOR_MADE if obj.is_superuser else Action.ADMINISTRATOR_REVOKED, about=obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's page for another password of somebody."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            record(Action.PASSWORD_CHANGED, about=User.objects.filter(pk=id).first())
        return response


@admin.register(FailedSignIn)
class FailedSignInAdmin(admin.ModelAdmin):
    """A log to read; deleting entries lets somebody try again at once."""

    list_display = ("username", "address", "at")
    search_fields = ("username", "address")
    list_filter = ("at",)
    readonly_fields = ("username", "address", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
