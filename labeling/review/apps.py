from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "labeling.review"

    def ready(self) -> None:
        from labeling.review import receivers  # noqa: F401 - connects the signals
