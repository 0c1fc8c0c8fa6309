"""A secret key that is made once and kept, for a start without configuration."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labeling.storage.files import sync_file, sync_folder


def stored_secret(path: Path) -> str:
    """The key in `path`, made and written (mode 0600) when there is none yet.

    Two processes may start at once: the file is linked into place, and who comes second reads the first one's.
    Raises: OSError, also for an empty file.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50), encoding="utf-8")
            sync_file(draft)  # a key that a power cut empties would sign everybody out
            os.link(draft, path)
            sync_folder(path.parent)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise OSError(f"{path} is empty. Restore it from a backup, or delete it: then everybody signs in again")
    return secret


def installation_mark(secret: str, database: Mapping[str, Any]) -> str:
    """Eight characters that tell this installation from another one on the same host: the same for all its servers,
    of the secret key (from which they can't be led back to it) and of the database's place."""
    place = "\n".join(str(database.get(part, "")) for part in ("HOST", "PORT", "NAME"))
    return hmac.new(secret.encode(), place.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:8]
