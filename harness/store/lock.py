"""One writer a store: an advisory lock on `STORE-lock`, released by the kernel when its holder dies, however it
dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from harness.errors import UsageError


class Lock:
    """Held from construction to `release`. UsageError when another writer, of this process or another, holds it.

    A file of its own: closing a second handle on the database itself would drop SQLite's locks.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + "-lock")
        self._handle = self._acquire(store)

    def _acquire(self, store: Path) -> int:
        while True:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as error:
                raise UsageError(f"cannot write beside the store {store}: {error.strerror}") from None
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                raise UsageError(
                    f"{store} is being written by another run: wait for it to end, or name another store"
                ) from None
            if self._current(handle):
                return handle
            os.close(handle)  # the last holder removed the file between our open and our lock

    def _current(self, handle: int) -> bool:
        try:
            return os.fstat(handle).st_ino == self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def release(self) -> None:
        if self._handle >= 0:
            with contextlib.suppress(FileNotFoundError):  # somebody tidied up
                self._path.unlink()
            os.close(self._handle)
            self._handle = -1
