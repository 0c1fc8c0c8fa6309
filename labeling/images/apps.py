from django.apps import AppConfig


class ImagesConfig(AppConfig):
    name = "labeling.images"

    def ready(self) -> None:
        from labeling.images import receivers  # noqa: F401 - connects them
