"""How a project reviews, as a section of its settings page."""

from typing import Any

from django import template

from labeling.projects.models import Project
from labeling.review.forms import ReviewForm
from labeling.review.models import ReviewSettings

register = template.Library()


@register.inclusion_tag("review/_settings.html", takes_context=True)
def review_settings(context: dict[str, Any], project: Project) -> dict[str, Any]:
    """The section, with what is saved."""
    form = ReviewForm(instance=ReviewSettings.of(project.pk))
    return {"project": project, "form": form, "csrf_token": context.get("csrf_token")}
