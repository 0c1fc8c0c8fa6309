"""From events to activities. A migration calls this for events of before with its own models."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

BURST = timedelta(minutes=10)
"""Changes of objects by one person with shorter pauses are one activity."""

OBJECTS = {"create": "created", "change": "changed", "delete": "deleted"}
TEXT = 300


def fields_of(kind: str, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """What an activity says of an event."""
    after = after or {}
    if kind in OBJECTS:
        return {"kind": "objects", OBJECTS[kind]: 1}
    if kind == "note":
        return {"kind": "note", "text": str(after.get("note", ""))[:TEXT]}
    text = str(after.get("reason", "") or after.get("summary", ""))[:TEXT]
    return {"kind": kind, "status": str(after.get("verdict") or after.get("status", ""))[:11], "text": text}


def goes_on(row: Any, user_id: int | None, kind: str, version: int, at: datetime) -> bool:
    """Whether an event belongs to the activity before it."""
    same = row is not None and kind in OBJECTS and row.kind == "objects" and row.user_id == user_id
    return bool(same and row.last == version - 1 and at - row.at < BURST)
