"""Answers of the account endpoints."""

from labeling.web.routes import Answer


class KeysData(Answer):
    """The keys of the editor's actions that have others than the shipped ones."""

    keys: dict[str, list[str]]
