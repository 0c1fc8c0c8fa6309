from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "labeling.quality"

    def ready(self) -> None:
        from labeling.quality import receivers  # noqa: F401 - connects the signals
