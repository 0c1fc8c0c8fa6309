"""What pages of other rooms show of people."""

from typing import Any

from django import template
from django.template import RequestContext

from labeling.people.forms import InvitationForm
from labeling.people.models import Invitation
from labeling.people.shown_once import shown
from labeling.projects.access import require, within
from labeling.projects.models import Project

register = template.Library()


@register.inclusion_tag("people/_invitations.html", takes_context=True)
def invitations(context: RequestContext, project: Project) -> dict[str, Any]:
    """The open invitations of a project, and the form that makes one; for pages of its managers."""
    request = context["request"]
    return {
        "project": project,
        "form": InvitationForm(),
        "invitations": Invitation.open_ones().filter(project=project).select_related("created_by"),
        "roles": within(require(request.user, project.pk).role),
        "shown_link": shown(request),
        "sends_email": context.get("sends_email", False),
        "csrf_token": context.get("csrf_token"),
    }
