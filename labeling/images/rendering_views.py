"""Saving how a project shows its pictures."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from labeling.accounts.services import user_of
from labeling.images import rendering
from labeling.images.forms import RenderingForm
from labeling.projects.access import May, project_for


@require_POST
def save(request: HttpRequest, project_id: int) -> HttpResponse:
    """Save the section *Pictures* of the settings page. What is wrong is told, and nothing is saved."""
    project = project_for(request, project_id, May.MANAGE)
    form = RenderingForm(request.POST, there=rendering.most_bands(project))
    if form.is_valid():
        job = rendering.change(project, user_of(request), form.rendering())
        pictures = "1 picture is" if job and job.total == 1 else f"{job.total:,} pictures are" if job else ""
        messages.success(request, "Picture settings saved." + (f" {pictures} shown anew; masks stay." if job else ""))
    else:
        told = " ".join(f"{form.fields[name].label}: {error[0]}" for name, error in form.errors.items())
        messages.error(request, f"The picture settings were not saved. {told}")
    return redirect(f"{reverse('projects:settings', args=[project.pk])}#pictures")
