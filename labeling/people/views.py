"""Invitations, who comes by them, and all people of the site."""

from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.accounts.lazy import View, guarded
from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.accounts.single_sign_on import open_for
from labeling.people import invitations, services
from labeling.people.forms import InvitationForm, NewPersonForm, SiteInvitationForm
from labeling.people.models import Invitation
from labeling.people.shown_once import show_next, shown
from labeling.projects.access import May, a_role, project_for
from labeling.projects.models import Membership, Role
from labeling.web.api import ApiError
from labeling.web.signed_in import require_administrator

PER_PAGE = 50
PROJECTS_SHOWN = 5
WRONG_LINKS = {"join": "30/m/ip"}
"""How many links that lead nowhere a place may open."""


def administrators_only(view: View) -> View:
    """A view of the whole site."""

    @wraps(view)
    def guard(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        require_administrator(request)
        return view(request, **kwargs)

    return guard


# Coming by an invitation


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def _join(request: HttpRequest, token: str) -> HttpResponse:
    """What a link leads to: join with one's account, or make one."""
    invitation = invitations.of_token(token)
    if invitation is None:
        limits = {"app": "labeling.people", "action": "join", "config": WRONG_LINKS, "limit_get": True}
        refused: HttpResponse | None = ratelimit.consume_or_429(request, **limits)
        return refused or render(request, "people/closed.html", {"why": ""}, status=404)
    if not invitations.works(invitation):
        return render(request, "people/closed.html", {"why": invitations.why_closed(invitation)}, status=410)
    try:
        if request.user.is_authenticated:
            return _join_as(request, invitation, user_of(request))
        return _join_as_new(request, invitation, token)
    except ApiError as error:  # somebody else was faster
        return render(request, "people/closed.html", {"why": error.message}, status=410)


join = guarded(_join, is_open=True)


def _join_as(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    """Somebody with an account: a press of a button, as opening a link must not change anything."""
    project = invitation.project
    if project is None:
        return redirect("projects:list")
    if Membership.objects.filter(project=project, user=user).exists():
        messages.info(request, "You are a member of this project already.")
        return redirect("pages:project", project.pk)
    if request.method == "POST":
        invitations.accept(invitation, user)
        messages.success(request, f"You are now {a_role(Role(invitation.role))} of “{project.name}”.")
        return redirect("pages:project", project.pk)
    context = {"invitation": invitation, "role": a_role(Role(invitation.role))}
    return render(request, "people/join.html", context)


def _join_as_new(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Somebody without one: a name and a password, and they are in."""
    open_for(request)  # who signs in by the provider instead gets an account, too
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = invitations.accept_as_new(
                invitation, username=data["username"], name=data["name"], password=data["password1"]
            )
        except ApiError as error:
            if error.code != "name_taken":
                raise
            form.add_error("username", error.message)
        else:
            place = reverse("pages:project", args=[invitation.project_id]) if invitation.project_id else "/"
            login = Login(user=user, redirect_url=place)
            answer: HttpResponse = perform_password_login(request, {"username": user.username}, login)
            return answer
    role = a_role(Role(invitation.role)) if invitation.role else ""
    context = {"invitation": invitation, "form": form, "role": role, "here": reverse("people:join", args=[token])}
    return render(request, "people/join_as_new.html", context)


# Invitations to a project


def _members(project_id: int) -> str:
    return reverse("projects:people", args=[project_id])


@require_POST
def _invite(request: HttpRequest, project_id: int) -> HttpResponse:
    """Invite into a project, from its page of people."""
    project = project_for(request, project_id, May.MANAGE)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(request, f"Not invited. {field.capitalize()}: {errors[0]}")
        return redirect(_members(project_id))
    role = Role(form.cleaned_data.pop("role"))
    return _made(
        request, lambda: invitations.invite(request, project, role=role, **form.cleaned_data), _members(project_id)
    )


invite = guarded(_invite)


def _made(request: HttpRequest, make: Any, back: str) -> HttpResponse:
    """Make an invitation and say what became of it."""
    try:
        made = make()
    except ApiError as error:
        messages.error(request, error.message)
        return redirect(back)
    if made.link is None:
        messages.success(request, f"An invitation was sent to {made.invitation.email}.")
    else:
        show_next(request, made.link, "Send this link to whom you invite.")
    return redirect(back)


@require_POST
def change_invitation(request: HttpRequest, project_id: int, invitation_id: int) -> HttpResponse:
    """Revoke an invitation into a project, or give it a new link."""
    project_for(request, project_id, May.MANAGE)
    found = get_object_or_404(Invitation, pk=invitation_id, project=project_id)
    return _changed(request, found, _members(project_id))


def _changed(request: HttpRequest, invitation: Invitation, back: str) -> HttpResponse:
    try:
        if "revoke" in request.POST:
            invitations.revoke(invitation)
            messages.success(request, "The invitation was revoked. Its link does not work any more.")
        elif "new_link" in request.POST:
            link = invitations.new_link(request, invitation)
            show_next(request, link, "This is the new link. The one before does not work any more.")
    except ApiError as error:
        messages.error(request, error.message)
    return redirect(back)


# All people of the site


@require_safe
@administrators_only
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who has an account, and open invitations without a project."""
    search, state = request.GET.get("q", "")[:200], request.GET.get("show", "")
    state = state if state in services.SHOWN else ""
    memberships = Membership.objects.select_related("project").filter(project__binned_at=None)
    rows = services.people(search, state).prefetch_related(Prefetch("memberships", memberships))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for person in page.object_list:
        own = list(person.memberships.all())
        vars(person).update(shown_memberships=own[:PROJECTS_SHOWN], more_memberships=max(0, len(own) - PROJECTS_SHOWN))
    context = {
        "page": page,
        "search": search,
        "state": state,
        "states": services.SHOWN.items(),
        "is_filtered": bool(search or state),
        "form": SiteInvitationForm(),
        "invitations": Invitation.open_ones().filter(project=None).select_related("created_by"),
        "shown_link": shown(request),
    }
    return render(request, "people/people.html", context)


@require_POST
@administrators_only
def _invite_to_site(request: HttpRequest) -> HttpResponse:
    """Invite without a project."""
    form = SiteInvitationForm(request.POST)
    back = reverse("people:people")
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(request, f"Not invited. {field.capitalize()}: {errors[0]}")
        return redirect(back)
    return _made(request, lambda: invitations.invite(request, None, role=None, **form.cleaned_data), back)


invite_to_site = guarded(_invite_to_site)


@require_POST
@administrators_only
def change_site_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Revoke an invitation without a project, or give it a new link."""
    found = get_object_or_404(Invitation, pk=invitation_id, project=None)
    return _changed(request, found, reverse("people:people"))


@require_POST
@administrators_only
def change_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """What the posted button says: deactivate, reactivate, administrator, revoke, reset_link,
    remove_second_factors."""
    by, person = user_of(request), get_object_or_404(User, pk=user_id)
    name = person.shown_name
    try:
        if "deactivate" in request.POST:
            services.deactivate(by, person)
            messages.success(request, f"{name} is signed out and can't sign in any more.")
        elif "reactivate" in request.POST:
            services.reactivate(by, person)
            messages.success(request, f"{name} can sign in again.")
        elif "administrator" in request.POST:
            services.set_administrator(by, person, True)
            messages.success(request, f"{name} is an administrator now.")
        elif "revoke" in request.POST:
            services.set_administrator(by, person, False)
            messages.success(request, f"{name} is no administrator any more.")
        elif "remove_second_factors" in request.POST:
            services.remove_second_factors(by, person)
            messages.success(request, f"{name} signs in with the password alone now.")
        elif "reset_link" in request.POST:
            link = services.reset_link(request, person)
            show_next(request, link, f"Send this link to {name}. It sets a new password, once, within 24 hours.")
    except ApiError as error:
        messages.error(request, error.message)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page of people as it was."""
    query = request.POST.get("query", "")[:500]
    return reverse("people:people") + (f"?{query}" if query else "")
