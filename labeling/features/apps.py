from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "labeling.features"

    def ready(self) -> None:
        from labeling.features import receivers  # noqa: F401 - connects them
