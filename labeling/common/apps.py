from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "labeling.common"

    def ready(self) -> None:
        from labeling.common import inputs

        inputs.register()
