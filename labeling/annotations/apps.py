from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "labeling.annotations"

    def ready(self) -> None:
        from labeling.annotations import (  # noqa: F401 - what moves objects to another class; what follows members
            merging,
            receivers,
        )
