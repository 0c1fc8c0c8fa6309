"""How a project shows its pictures, as a section of its settings page."""

from typing import Any

from django import template

from labeling.images import rendering
from labeling.images.forms import RenderingForm
from labeling.images.models import Image
from labeling.projects.models import Project

register = template.Library()


@register.inclusion_tag("images/_settings.html", takes_context=True)
def picture_settings(context: dict[str, Any], project: Project) -> dict[str, Any]:
    """The section, with what is saved and what it concerns."""
    deep = Image.objects.filter(project=project, source__has_key="window")
    return {
        "project": project,
        "form": RenderingForm.showing(rendering.Rendering.of(project.pk)),
        "bands": rendering.most_bands(project),
        "deep": deep.count(),
        "csrf_token": context.get("csrf_token"),
    }
