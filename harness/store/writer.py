"""Group commit: one thread writes what all chains hand in, many writes to a transaction."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue

from harness.errors import UsageError

Operation = Callable[[sqlite3.Connection], None]
Batch = list[tuple[Operation, Future[None]]]

LINGER = 0.2
"""Seconds that writes nobody waits for may wait for company. Lost in a crash, they are computed again for nothing."""

_LARGEST = 512


class Writer:
    """Writes are made in the order they were handed in. A future is resolved once its transaction is on the disk."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._queue: SimpleQueue[tuple[Operation, Future[None], bool] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"store {path.name}", daemon=True)
        self._thread.start()
        self._closed = False
        self._failure: UsageError | None = None

    def submit(self, operation: Operation, *, urgent: bool = True) -> Future[None]:
        """Hand in a write. One that is not urgent shares the next transaction, within LINGER seconds. UsageError once
        a write has failed: who waits for none would go on for nothing."""
        future: Future[None] = Future()
        if self._closed:
            raise RuntimeError("the store is closed")
        if self._failure:
            raise self._failure
        self._queue.put((operation, future, urgent))
        return future

    def close(self) -> None:
        """Write what is left and stop. Raises the first failure, since nobody may have waited for that write."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
        if self._failure:
            raise self._failure

    def _work(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._gather()
            if batch:
                self._commit(batch)

    def _gather(self) -> tuple[Batch, bool]:
        """Whatever is waiting, at least one write, and whether it is the last."""
        batch: Batch = []
        urgent = False
        while len(batch) < _LARGEST:
            try:
                if not batch:
                    item = self._queue.get()
                elif urgent:
                    item = self._queue.get_nowait()
                else:
                    item = self._queue.get(timeout=LINGER)
            except Empty:
                break
            if item is None:
                return batch, True
            batch.append(item[:2])
            urgent = urgent or item[2]
        return batch, False

    def _commit(self, batch: Batch) -> None:
        # A caller that was cancelled no longer listens; its write, perhaps a paid reply, is made all the same.
        listening = [future for _, future in batch if future.set_running_or_notify_cancel()]
        failure = self._failure
        if failure is None:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                for operation, _ in batch:
                    operation(self._connection)
                self._connection.execute("COMMIT")
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                # Later writes build on this one, so none is made after it.
                failure = self._failure = UsageError(f"cannot write the store {self._path}: {told(error)}")
                # A disk that fails may fail here too; what is open is dropped when the connection is.
                with contextlib.suppress(sqlite3.Error):
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
        for future in listening:
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)


def told(error: Exception, otherwise: str = "") -> str:
    """What failed and the way out: for a disk without room to make some, for anything else what `otherwise` says."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the number tells where in SQLite
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        otherwise = "what came before is kept: make room on the disk, then run the same command again"
    return f"{error}; {otherwise}" if otherwise else str(error)
