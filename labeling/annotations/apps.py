from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "labeling.annotations"

    def ready(self) -> None:
        from labeling.annotations import merging  # noqa: F401 - registers what moves objects to another class
