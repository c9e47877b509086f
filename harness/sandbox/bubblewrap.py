"""The command line that starts bubblewrap: what is seen inside, what may be written, as whom.

A harness run by root must not lend root's identity: files of uid 0 open to their owner whatever the namespace, and
the kernel counts no processes for it. So root first becomes `nobody`, and paths that only root may walk to are bound
where nobody can.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from domains import Files
from harness.errors import UsageError
from harness.filenames import is_safe
from harness.sandbox.base import GIVEN, WORK, Limits

INSTALL = "apt-get install bubblewrap (Debian, Ubuntu), dnf install bubblewrap (Fedora), pacman -S bubblewrap (Arch)"
WRITABLE = (WORK, "/tmp", "/dev/shm")  # noqa: S108 - paths inside the sandbox, each a fresh file system in memory
OPEN_FILES = 256
NOBODY = 65534
INSIDE = 1000
"""The user id that the command sees as its own."""

_HERE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "USER": "sandbox"}  # noqa: S108
_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
_ETC_NETWORK = (
    "/etc/ca-certificates", "/etc/hosts", "/etc/nsswitch.conf", "/etc/pki/tls", "/etc/resolv.conf", "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)  # fmt: skip
_PASSWD = f"sandbox:x:{INSIDE}:{INSIDE}::/tmp:/bin/sh\nnobody:x:{NOBODY}:{NOBODY}::/:/bin/false\n"
_GROUP = f"sandbox:x:{INSIDE}:\nnogroup:x:{NOBODY}:\n"
_RESERVED = ("/proc", "/dev", "/sys", "/etc", WORK, "/tmp", GIVEN)  # noqa: S108

# The command starts when the harness has hold of the file system inside: a line out says ready, a line in says go.
_GATE = 'echo && read -r _ && exec "$@"'

_Kept = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One start of bubblewrap: the command line and the descriptors it is to inherit."""

    command: tuple[str, ...]
    descriptors: tuple[int, ...]


def tools() -> dict[str, str]:
    """Where bwrap, prlimit and setpriv are. UsageError with the command that installs what is missing."""
    if not sys.platform.startswith("linux"):
        raise UsageError(f"the sandbox needs Linux and bubblewrap, and this is {sys.platform}")
    needed = {"bwrap": f"bubblewrap is not installed: {INSTALL}"}
    needed |= dict.fromkeys(("prlimit", "setpriv"), "util-linux is not installed: apt-get install util-linux")
    found = {name: shutil.which(name) for name in needed}
    for name, path in found.items():
        if path is None:
            raise UsageError(needed[name])
    return {name: str(path) for name, path in found.items()}


def plan(
    command: Sequence[str],
    files: Files,
    limits: Limits,
    stack: ExitStack,
    *,
    network: bool,
    environment: Mapping[str, str],
    readable: Sequence[Path],
    given: Mapping[str, str],
) -> Plan:
    """How to run `command` with `files` at /work. Texts and options go through memory, so that no other user reads
    them in the list of processes; `stack` closes them."""
    found = tools()
    _check(command, files, given, environment, limits)
    seen = {_destination(path): _source(path) for path in readable}
    memory: list[int] = []

    def kept(text: str) -> str:
        memory.append(_in_memory(text, stack))
        return str(memory[-1])

    options = [*_isolation(network), *_system(network, kept), *_writable(limits)]
    for target, source in seen.items():
        options += ["--ro-bind", str(source), target]
    for place, texts in ((WORK, files), (GIVEN, given)):
        for name, text in texts.items():
            options += ["--perms", "0644", "--file", kept(text), f"{place}/{name}"]
    for name, value in ({**_HERE, **environment}).items():
        options += ["--setenv", name, value]
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK]
    inside = ("/bin/sh", "-c", _GATE, "sh", *_bounds(found["prlimit"], limits), *command)
    start = (*_as_nobody(found, seen.values()), found["bwrap"], "--args", kept("\0".join(options)), "--", *inside)
    return Plan(start, tuple(memory))


def _isolation(network: bool) -> list[str]:
    shared = ["--share-net"] if network else []
    user = ["--unshare-user", "--disable-userns", "--uid", str(INSIDE), "--gid", str(INSIDE), "--hostname", "sandbox"]
    return ["--unshare-all", *shared, *user, "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv"]


def _system(network: bool, kept: _Kept) -> list[str]:
    """The programs of the machine, read-only, and as little of /etc as they need."""
    options = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in _TOP:
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for path in map(Path, _ETC + (_ETC_NETWORK if network else ())):
        if path.exists():
            options += ["--ro-bind", str(path.resolve()), str(path)]
    return [*options, "--file", kept(_PASSWD), "/etc/passwd", "--file", kept(_GROUP), "/etc/group"]


def _writable(limits: Limits) -> list[str]:
    """File systems in memory: the kernel holds them to their size, and nothing of them is left afterwards."""
    size = str(limits.disk_mb << 20)
    return [option for place in WRITABLE for option in ("--size", size, "--tmpfs", place)]


def _bounds(prlimit: str, limits: Limits) -> tuple[str, ...]:
    # Of data rather than of addresses: node and Go reserve far more addresses than they ever fill. One process more,
    # since bubblewrap's own counts too.
    return (
        prlimit, f"--data={limits.memory_mb << 20}", f"--fsize={limits.file_mb << 20}",
        f"--nproc={limits.processes + 1}", f"--nofile={OPEN_FILES}", "--core=0", "--",
    )  # fmt: skip


def _as_nobody(found: Mapping[str, str], sources: Iterable[Path]) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    binds = _reachable(sources)
    drop = (found["setpriv"], f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all")
    # With a process namespace of its own: when root dies, what has become nobody is out of the reach of its signals.
    return (found["bwrap"], "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/", *binds, "--", *drop)


def _reachable(sources: Iterable[Path]) -> list[str]:
    """Options that show nobody the sources that lie in directories closed to others, and nothing beside them."""
    options: list[str] = []
    hidden: set[Path] = set()
    for source in sorted(sources):
        if not source.stat().st_mode & (stat.S_IXOTH | stat.S_IROTH if source.is_dir() else stat.S_IROTH):
            raise UsageError(f"{source}: run by root, the sandbox works as nobody, who cannot read this: chmod -R o+rX")
        closed = [above for above in reversed(source.parents) if not above.stat().st_mode & stat.S_IXOTH]
        if not closed:
            continue
        if closed[0] not in hidden:
            hidden.add(closed[0])
            options += ["--perms", "0755", "--tmpfs", str(closed[0])]
        for above in reversed(source.parents):
            if closed[0] in above.parents:
                options += ["--perms", "0755", "--dir", str(above)]
        options += ["--ro-bind", str(source), str(source)]
    return options


def _check(
    command: Sequence[str], files: Files, given: Mapping[str, str], environment: Mapping[str, str], limits: Limits
) -> None:
    if not command:
        raise UsageError("nothing to run in the sandbox: the command is empty")
    for name in (*files, *given):
        if not is_safe(name) or name in (".", ".."):
            raise UsageError(f"{name!r} is no name for a file in the sandbox: it must be plain, without a path")
    if any("\0" in text for text in (*command, *environment, *environment.values())):
        raise UsageError("a command or variable for the sandbox holds a NUL character")
    if any(not name or "=" in name for name in environment):
        raise UsageError("a variable for the sandbox has no name, or one with = in it")
    if len(files) > min(limits.files, OPEN_FILES):
        raise UsageError(f"{len(files)} files are more than the sandbox takes ({min(limits.files, OPEN_FILES)})")
    sizes = [len(text.encode(errors="surrogatepass")) for text in files.values()]
    for name, size in (("file_mb", max(sizes, default=0)), ("disk_mb", sum(sizes))):
        if size > getattr(limits, name) << 20:
            raise UsageError(f"the files are larger than the sandbox's {name} ({getattr(limits, name)}): raise it")


def _destination(path: Path) -> str:
    target = os.path.abspath(path)  # noqa: PTH100 - symbolic links stay: the path is to work inside as it is written
    if target == "/" or any(target == place or place.startswith(target + "/") for place in _RESERVED):
        raise UsageError(f"{target} cannot be made readable in the sandbox: name what is needed of it")
    return target


def _source(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be made readable in the sandbox: {error.strerror}") from None


def _in_memory(text: str, stack: ExitStack) -> int:
    descriptor = os.memfd_create("palimpsest")
    stack.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(text.encode(errors="surrogatepass"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
