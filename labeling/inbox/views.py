"""The inbox as a page, and one's own mail settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.accounts.services import user_of
from labeling.inbox import mail, services
from labeling.inbox.api import inbox_page
from labeling.inbox.forms import MailForm
from labeling.inbox.models import MailSettings

PER_PAGE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What one is told, the newest first, and how one is told by e-mail."""
    return _page(request, MailForm(instance=_settings(request)))


def _page(request: HttpRequest, form: MailForm, status: int = 200) -> HttpResponse:
    user, before = user_of(request), request.GET.get("before", "")
    page = inbox_page(user, int(before) if before.isdecimal() and len(before) < 19 else None, PER_PAGE)
    context = {
        "page": page,
        "form": form,
        "hours": range(24),
        "address": user.email,
        "stopped": form.instance.refusals >= mail.MOST_REFUSALS,
    }
    return render(request, "inbox/inbox.html", context, status=status)


def _settings(request: HttpRequest) -> MailSettings:
    user = user_of(request)
    return MailSettings.objects.filter(person=user).first() or MailSettings(person=user)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark all that the page showed as read."""
    up_to = request.POST.get("up_to", "")
    if up_to.isdecimal() and len(up_to) < 19:
        services.read(user_of(request), up_to=int(up_to))
    return redirect("inbox:inbox")


@require_POST
def mail_settings(request: HttpRequest) -> HttpResponse:
    """Save how one is told by e-mail; refused mails are forgotten."""
    form = MailForm(request.POST, instance=_settings(request))
    if not form.is_valid():
        return _page(request, form, status=400)
    form.instance.refusals = 0
    form.save()
    messages.success(request, "Saved.")
    return redirect("inbox:inbox")


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the signed address says for whom
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mail about the inbox: with the button of the page, or with one click in a mail program."""
    person = mail.person_of(token)
    done = request.method == "POST" and mail.unsubscribe(token)
    context = {"known": person is not None, "done": done, "address": person.email if person else ""}
    return render(request, "inbox/unsubscribe.html", context, status=200 if person else 404)


unsubscribe.login_required = False  # type: ignore[attr-defined]
