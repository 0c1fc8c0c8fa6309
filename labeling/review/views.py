"""Saving how a project reviews."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from labeling.projects.access import May, project_for
from labeling.review.forms import ReviewForm
from labeling.review.models import ReviewSettings
from labeling.review.services import change_settings


@require_POST
def settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """Save the review section of the settings page. What is wrong is told, and nothing is saved."""
    project = project_for(request, project_id, May.MANAGE)
    form = ReviewForm(request.POST, instance=ReviewSettings.of(project.pk))
    if form.is_valid():
        change_settings(project, form.cleaned_data)
        messages.success(request, "Review settings saved.")
    else:
        told = " ".join(f"{form.fields[name].label}: {error[0]}" for name, error in form.errors.items())
        messages.error(request, f"The review settings were not saved. {told}")
    return redirect(f"{reverse('projects:settings', args=[project.pk])}#review")
