"""The command line: Django's, as `interlabel` where the wheel is installed and as `manage.py` in a checkout."""

import os
import sys


def use_utf_8() -> None:
    """Start again in Python's UTF-8 mode where the locale, or PYTHONIOENCODING, says anything else.

    File names, files, output and the processes that we start are UTF-8 then, wherever Interlabel runs, and nothing
    that is printed can fail. Must come before anything else.
    """
    right = {"PYTHONUTF8": "1", "PYTHONIOENCODING": None}
    is_set = all(os.environ.get(name) == value for name, value in right.items())
    if is_set or (sys.flags.utf8_mode and "PYTHONIOENCODING" not in os.environ):
        return
    os.environ.pop("PYTHONIOENCODING", None)
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def main() -> None:
    """`interlabel …`, and `manage.py …` in a checkout."""
    use_utf_8()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # names the variable and what to do; forty lines above it help nobody
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
