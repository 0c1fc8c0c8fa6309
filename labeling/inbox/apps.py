from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "labeling.inbox"
