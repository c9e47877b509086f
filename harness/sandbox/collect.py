"""Reading a working copy back, which the command may have left in any state. Done when all its processes are dead."""

from __future__ import annotations

import os
import stat

from domains import Files
from harness.filenames import is_safe
from harness.sandbox.base import Limits, Refused

_KINDS = {
    stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a directory", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


def collect(directory: int, limits: Limits) -> tuple[Files, tuple[Refused, ...]]:
    """The texts in the directory behind a descriptor, by name, and what was refused. No link is followed, nothing but
    a plain file is opened, and no more than `disk_mb` are read, however large holes make the files look."""
    names = sorted(os.listdir(directory))
    if len(names) > limits.files:
        return {}, (Refused("", f"{len(names)} files, {limits.files} allowed: none was read"),)
    files: dict[str, str] = {}
    refused = []
    room = limits.disk_mb << 20
    for name in names:
        try:
            content = _content(directory, name, min(room, limits.file_mb << 20))
            files[name] = content.decode()
            room -= len(content)
        except UnicodeDecodeError:
            refused.append(Refused(name, "not UTF-8"))
        except _Unfit as error:
            refused.append(Refused(name, str(error)))
        except OSError as error:
            refused.append(Refused(name, error.strerror or "cannot be read"))
    return files, tuple(refused)


class _Unfit(Exception):
    pass


def _content(directory: int, name: str, room: int) -> bytes:
    # The kind first: to open a pipe or a device is to do something to it.
    kind = stat.S_IFMT(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    if kind != stat.S_IFREG:
        raise _Unfit(_KINDS.get(kind, "not a file"))
    if not is_safe(name):
        raise _Unfit("a name that is not plain")
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_size > room:
            raise _Unfit("too large")
        return file.read(room)
