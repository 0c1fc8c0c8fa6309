"""Hashing passwords in a small pool of threads of its own, with low priority: whoever signs in waits for the others
that do, and clicks and saves wait for none of them."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

NICENESS = 10


class PooledPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """Django's default; the same passwords, computed elsewhere. OpenSSL works without Python's lock meanwhile."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """The password's hash, when it is this one's turn."""
        return _pool().submit(super().encode, password, salt, iterations).result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.SIGN_INS_AT_ONCE, thread_name_prefix="hash", initializer=_yield_to_others)


def _yield_to_others() -> None:
    """On Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
