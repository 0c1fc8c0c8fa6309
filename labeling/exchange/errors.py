"""What stops an export or an import for good."""


class ExportProblem(Exception):
    """The export can't be made; the message says why and what to do. Trying again would not help."""


class ImportProblem(Exception):
    """The dataset can't be read; the message names the file and says what to do. Trying again would not help."""
