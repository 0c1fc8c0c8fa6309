from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "labeling.accounts"

    def ready(self) -> None:
        from labeling.accounts import receivers  # noqa: F401 - connects them
