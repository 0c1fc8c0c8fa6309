from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "labeling.web"
    label = "common"  # of its table and migrations, which existing databases have under this name

    def ready(self) -> None:
        from labeling.web import inputs

        inputs.register()
