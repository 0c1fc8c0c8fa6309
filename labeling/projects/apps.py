from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "labeling.projects"

    def ready(self) -> None:
        from labeling.projects import receivers  # noqa: F401 - connects them
