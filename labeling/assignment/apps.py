from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    name = "labeling.assignment"

    def ready(self) -> None:
        from labeling.assignment import receivers  # noqa: F401 - connects the signals
