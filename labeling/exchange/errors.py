"""What stops an export for good."""


class ExportProblem(Exception):
    """The export can't be made; the message says why and what to do. Trying again would not help."""
