"""How management commands name a project."""

from django.core.management import CommandError

from labeling.projects.models import Project


def find_project(given: str) -> Project:
    """The project with this id or, failing that, this name. Raises: CommandError."""
    if given.isdecimal() and (project := Project.objects.filter(pk=int(given)).first()):
        return project
    named = list(Project.objects.filter(name=given).order_by("id"))
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(str(project.pk) for project in named)
        raise CommandError(f"{len(named)} projects are named “{given}”. Use one of the ids: {ids}.")
    known = ", ".join(f"{project.pk} “{project.name}”" for project in Project.objects.order_by("id")[:20])
    raise CommandError(
        f"No project named “{given}”. " + (f"Projects: {known}." if known else "There are no projects yet.")
    )
