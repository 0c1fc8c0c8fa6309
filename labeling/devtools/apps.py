from django.apps import AppConfig


class DevtoolsConfig(AppConfig):
    name = "labeling.devtools"
