"""What a file has to be to become an image; the reader itself is the room `decoding`, which knows no Django.

Everything that strangers send is read in a process of its own (`labeling.images.decoder`).
"""

from decoding.limits import Rejected
from decoding.sources import FORMATS, HEAD, READABLE, sniff

PICKED = ",".join(["image/*", ".zip", *(suffix for suffixes in FORMATS.values() for suffix in suffixes)])
"""What a browser's dialog to choose files offers."""

__all__ = ["FORMATS", "HEAD", "PICKED", "READABLE", "Rejected", "sniff"]
