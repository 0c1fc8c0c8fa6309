from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "labeling.figures"

    def ready(self) -> None:
        from labeling.figures import receivers  # noqa: F401 - connects the signals
