from django.apps import AppConfig


class SuggestionsConfig(AppConfig):
    name = "labeling.suggestions"

    def ready(self) -> None:
        from labeling.suggestions import receivers  # noqa: F401 - connects the signals
