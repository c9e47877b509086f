"""`palimpsest doctor`: what this machine has and lacks, each with the way out. Shows no key, changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from harness.backends import keys
from harness.errors import UsageError

Mark = Literal["ok", "warning", "missing"]

OLDEST_SQLITE = (3, 37)
"""STRICT tables. Python 3.11 is built against a later one nearly everywhere."""
LITTLE_DISK = 2**30
LITTLE_MEMORY = 2**30
PATIENCE = 5.0
"""Seconds for a provider to answer."""

_PACKAGE = "palimpsest-bench"
_PURPOSE = {
    "calendar": "the calendar domain, where the system has no time zones",
    "dev": "the tests of this project",
    "local": "local: models",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `found` says what is there, `purpose` what for, `way_out` what to do unless all is well.
    Without those that are `needed` nothing runs at all."""

    name: str
    mark: Mark
    found: str
    purpose: str
    way_out: str = ""
    needed: bool = False


def examine(*, network: bool = False) -> list[Finding]:
    """All findings. With `network` each provider for which there is a key is asked whether it can be reached."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python, _package, _extras, _folder, _cache, _sqlite, _disk, _machine, _clock, _weights, _keys, _proxies,
        _sandbox, _programs,
    ]  # fmt: skip
    # At once: most wait for a process or a disk.
    with ThreadPoolExecutor(4) as pool:
        found = [finding for findings in pool.map(lambda check: list(check()), checks) for finding in findings]
    return found + (list(_network()) if network else [])


def fit(findings: list[Finding]) -> bool:
    """Whether the main job can run here: documents through a model, or a simulated one, into a store."""
    return not any(finding.needed and finding.mark == "missing" for finding in findings)


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Finding(
        "Python", "ok" if good else "missing", found, "everything", "" if good else "install Python 3.11 or newer", True
    )


def _package() -> Iterator[Finding]:
    try:
        own, needs = version(_PACKAGE), _requirements()
    except PackageNotFoundError:
        yield Finding(_PACKAGE, "warning", "not installed, runs from its source", "everything", "pip install -e .")
        return
    absent = [name for name, extra in needs if not extra and not _installed(name)]
    way_out = f"pip install {' '.join(absent)}" if absent else ""
    found = f"{own}, lacks {', '.join(absent)}" if absent else f"{own} and all it needs"
    yield Finding(_PACKAGE, "missing" if absent else "ok", found, "everything", way_out, True)


def _extras() -> Iterator[Finding]:
    try:
        needs = _requirements()
    except PackageNotFoundError:
        return
    for extra in sorted({extra for _, extra in needs if extra}):
        absent = [name for name, of in needs if of == extra and not _installed(name)]
        if extra == "calendar" and zoneinfo.available_timezones():
            absent = []
        found = f"lacks {', '.join(absent)}" if absent else "there"
        way_out = f"pip install '{_PACKAGE}[{extra}]'" if absent else ""
        purpose = _PURPOSE.get(extra, f"what asks for the extra {extra}")
        yield Finding(f"extra {extra}", "missing" if absent else "ok", found, purpose, way_out)


def _folder() -> Iterator[Finding]:
    here, why = Path.cwd(), _unwritable(Path.cwd())
    way_out = "go to a folder of your own, or name one with --store" if why else ""
    yield Finding("this folder", "missing" if why else "ok", why or str(here), "stores, reports", way_out, True)


def _cache() -> Iterator[Finding]:
    from harness.backends.weights import cache

    folder = cache()
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    why = _unwritable(there)
    way_out = "name a folder of your own: export PALIMPSEST_CACHE=FOLDER" if why else ""
    yield Finding("cache", "warning" if why else "ok", why or str(folder), "weights of local: models", way_out)


def _sqlite() -> Iterator[Finding]:
    good = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    way_out = "" if good else "install a Python with SQLite 3.37 or newer"
    yield Finding("SQLite", "ok" if good else "missing", sqlite3.sqlite_version, "stores", way_out, True)
    try:
        with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".palimpsest-") as folder:
            connection = sqlite3.connect(Path(folder) / "trial.db")
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            connection.execute("CREATE TABLE trial (x)")
            connection.close()
    except (OSError, sqlite3.Error) as error:
        mode = str(error)
    good = mode == "wal"
    way_out = "" if good else "keep stores on a local disk: network file systems lack locks and shared memory"
    yield Finding(
        "SQLite's log", "ok" if good else "warning", mode, "reading a store while it is written here", way_out
    )


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    way_out = "make room: a hop takes 2 to 20 kB, local weights 98 MB" if free < LITTLE_DISK else ""
    yield Finding("disk", "warning" if way_out else "ok", f"{_size(free)} free", "stores", way_out)


def _machine() -> Iterator[Finding]:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("processors", "ok", str(allowed), "scoring: one process fewer")
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    stated = _read(Path("/proc/meminfo"))
    available = re.search(r"MemAvailable:\s+(\d+) kB", stated)
    free = int(available[1]) * 1024 if available else total
    way_out = "close what you can, or take a smaller --concurrency" if free < LITTLE_MEMORY else ""
    yield Finding("memory", "warning" if way_out else "ok", f"{_size(free)} of {_size(total)}", "scoring", way_out)


def _clock() -> Iterator[Finding]:
    now, before = time.time(), time.monotonic()
    # A file of ours cannot be from the future; a year is left for machines that build far ahead of the date.
    wrong = now < Path(__file__).stat().st_mtime - 86400 or time.gmtime(now).tm_year > 2100
    backward = time.monotonic() < before
    found = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)) + (", runs backward" if backward else "")
    way_out = "set the clock: certificates and waits depend on it" if wrong or backward else ""
    yield Finding("clock", "warning" if way_out else "ok", found, "TLS, waits, what a result says", way_out)


def _weights() -> Iterator[Finding]:
    from harness.backends.weights import MEMBER, cache

    path = cache() / Path(MEMBER).name
    there = path.is_file()
    way_out = "" if there else "palimpsest models pull (fetches 98 MB)"
    yield Finding("local weights", "ok" if there else "missing", _size(path.stat().st_size) if there else "none",
                  "the model local:", way_out)  # fmt: skip


def _keys() -> Iterator[Finding]:
    path = keys.file_path()
    try:
        found = keys.sources()
    except UsageError as error:
        yield Finding("keys file", "missing", str(error), "hosted models", "mend it as it says")
        return
    if path.exists():
        yield Finding("keys file", "ok", f"{path}, for you alone", "hosted models")
    for name in sorted({*keys.HOMES, *found}):
        way_out = "" if name in found else f"export {name}=…, or write it to {path} (chmod 600)"
        purpose = f"{name.partition('_')[0].lower()}: models" if name in keys.HOMES else "models at that address"
        yield Finding(name, "ok" if name in found else "missing", found.get(name, "not set"), purpose, way_out)


def _proxies() -> Iterator[Finding]:
    for name, value in sorted(os.environ.items()):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") and value:
            shown = value if name.lower() == "no_proxy" else _host(value)
            yield Finding(name, "ok", shown, "calls to hosted models go through it; to this machine they do not")


def _sandbox() -> Iterator[Finding]:
    from harness.sandbox import available

    why = available()
    purpose = "programs and agents that edit documents"
    found = shutil.which("bwrap") or "bubblewrap not found" if why else "bubblewrap works"
    yield Finding("sandbox", "missing" if why else "ok", found, purpose, why)


def _programs() -> Iterator[Finding]:
    git = shutil.which("git")
    way_out = "" if git else "apt-get install git, or brew install git"
    yield Finding("git", "ok" if git else "warning", git or "not found", "the commit in result files", way_out)
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    way_out = "" if browser else "apt-get install chromium"
    yield Finding("chromium", "ok" if browser else "missing", browser or "not found",
                  "the tests of report pages; a report opens in any browser", way_out)  # fmt: skip


def _network() -> Iterator[Finding]:
    named = [os.environ.get(f"{scheme}_BASE_URL", "") for scheme in ("OPENAI", "ANTHROPIC")]
    with suppress(UsageError):  # of the keys file, told above
        named += [name for name in keys.sources() if "://" in name]
    addresses = dict.fromkeys([*keys.HOMES.values(), *filter(None, named)])
    with ThreadPoolExecutor(len(addresses)) as pool:
        for address, why in zip(addresses, pool.map(_unreachable, addresses), strict=True):
            way_out = "look at the firewall, the proxy variables and the system's certificates" if why else ""
            yield Finding(f"network {_host(address)}", "missing" if why else "ok", why or "answers",
                          "models at that address", way_out)  # fmt: skip


def _unreachable(address: str) -> str:
    """Why nothing answers there, "" when something does. No key is sent: any status will do."""
    import httpx2

    try:
        httpx2.head(address, timeout=PATIENCE)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return ""


def _requirements() -> list[tuple[str, str]]:
    """What the package needs, each with its extra, "" for what is always needed."""
    found = []
    for line in requires(_PACKAGE) or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra == ['\"]([^'\"]+)", line)
        if name:
            found.append((name[0], extra[1] if extra else ""))
    return found


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there, "" when it can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror}"


def _host(url: str) -> str:
    """Host and port alone: a proxy's address may hold a password."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        return f"{parts.hostname or '?'}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "not an address"


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def as_json(findings: list[Finding]) -> Mapping[str, object]:
    """One object for a machine."""
    names = ("name", "mark", "found", "purpose", "way_out", "needed")
    return {"fit": fit(findings), "findings": [{name: getattr(one, name) for name in names} for one in findings]}
