from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "labeling.history"

    def ready(self) -> None:
        from labeling.history import receivers  # noqa: F401 - connects the signals
