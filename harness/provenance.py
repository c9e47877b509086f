"""Where a result comes from: the code, the interpreter, the machine and the libraries that made it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = "palimpsest-bench"
LIBRARIES = ("anthropic", "numpy", "openai", "pandas", "rapidfuzz", "scipy", "xllamacpp")
"""What a figure may depend on: the providers' SDKs and what computes."""

_CODE = ("harness", "domains", "pyproject.toml")
_ENVIRONMENT = ("PATH", "HOME", "LANG", "SYSTEMROOT")
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """`commit` and `dirty` (its code has changes that are not committed) are those of the checkout that runs, None
    outside of one; `libraries` are the versions of those that are installed."""

    package: str
    commit: str | None
    dirty: bool | None
    python: str
    platform: str
    libraries: Mapping[str, str]

    @property
    def told(self) -> str:
        """Package and commit in few words."""
        commit = f" at {self.commit[:10]}{' with changes' if self.dirty else ''}" if self.commit else ""
        return f"{PACKAGE} {self.package}{commit}"

    @property
    def git(self) -> dict[str, object] | None:
        """Commit and whether it is unchanged, as result files have them."""
        return None if self.commit is None else {"commit": self.commit, "clean": not self.dirty}


def collect() -> Provenance:
    """That of this process, as things are now; git is asked once."""
    commit, dirty = git_state(Path(__file__).parents[1])
    machine = platform.uname()
    return Provenance(
        package_version(), commit, dirty, sys.version.split()[0],
        f"{machine.system} {machine.release} {machine.machine}",
        {name: found for name in LIBRARIES if (found := _installed(name))},
    )  # fmt: skip


@cache
def package_version() -> str:
    """Of this package; "0" for a checkout that is not installed."""
    return _installed(PACKAGE) or "0"


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """The commit of the checkout at `root` and whether its code is changed; twice None where there is no checkout, no
    git, or one that may not be read."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None, None
    command = [git, "-C", str(root), "status", "--porcelain=v2", "--branch", "--", *_CODE]
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}  # the rest may hold keys
    kept["GIT_OPTIONAL_LOCKS"] = "0"  # a run must not be in the way of a commit
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE, env=kept)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None, None
    commits = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("# branch.oid ")]
    if done.returncode != 0 or not commits or commits[0].startswith("("):  # "(initial)": nothing is committed yet
        return None, None
    return commits[0], any(not line.startswith("#") for line in done.stdout.splitlines())


@cache
def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
