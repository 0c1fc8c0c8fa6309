"""Exit 0 when this container's web server says that it can serve: database, disk, broker and model.

A missing worker is the worker's own illness: it must not take the web server out of service.
"""

import json
import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """0 when healthy, else 1 with what is wrong."""
    names = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",")]
    host = next((name for name in names if name and name[0] not in "*."), "localhost")
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:
            parts = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            parts = json.load(error)
        except ValueError:
            print(f"/healthz answers {error.code}")
            return 1
    except OSError as error:
        print(f"no answer: {error}")
        return 1
    ill = [
        f"{name}: {parts[name]['detail']}" for name in ("database", "disk", "broker", "model") if not parts[name]["ok"]
    ]
    print("; ".join(ill) or "ok")
    return 1 if ill else 0


if __name__ == "__main__":
    sys.exit(main())
