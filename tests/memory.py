"""How much memory a piece of code takes, in a process of its own."""

import subprocess
import sys

from django.conf import settings

_AROUND = """
def _status(name):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))
{prepare}
# Not getrusage: its peak begins with that of the process that started this one, so that a growth can be hidden.
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")
_before = _status("VmRSS:")
{code}
print(_status("VmHWM:") - _before)
"""


def peak_kib(prepare: str, code: str) -> int:
    """KiB that `code` takes at its peak, above what the process has after `prepare`."""
    script = [sys.executable, "-c", _AROUND.format(prepare=prepare, code=code)]
    ran = subprocess.run(script, capture_output=True, text=True, cwd=settings.BASE_DIR, check=False)
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)
