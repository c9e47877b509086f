"""API keys: where each comes from and which address it may be sent to. Never from the command line.

The file is TOML, at the path PALIMPSEST_KEYS names, else `palimpsest/keys.toml` in the user's configuration, and only
its owner may read it:

    [keys]                               # each for its provider's own address
    OPENAI_API_KEY = "sk-..."
    ANTHROPIC_API_KEY = "sk-ant-..."

    ["https://openrouter.ai/api/v1"]     # for this address and what lies under it
    key = "sk-or-..."                    # "" sends no key there

A section for the very address comes first, then the environment's variable, then [keys]. Light: imports no SDK.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from platformdirs import user_config_path

from harness.backends import secrecy
from harness.errors import UsageError

KEYLESS = "no-key-needed"
"""Sent where a server needs no key: the SDKs insist on one."""

HOMES = {"ANTHROPIC_API_KEY": "https://api.anthropic.com", "OPENAI_API_KEY": "https://api.openai.com/v1"}
"""Each variable and the provider's own address."""

_LARGEST = 2**20
_HEADERS = ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS")  # the SDKs send what they say, which may be a key


@dataclass(frozen=True, slots=True)
class KeysFile:
    """What the file holds: keys by variable, and by address."""

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)


def file_path() -> Path:
    """Where the file is looked for."""
    named = os.environ.get("PALIMPSEST_KEYS")
    return Path(named).expanduser() if named else user_config_path("palimpsest") / "keys.toml"


def find_key(variable: str, base_url: str | None, given: str | None = None) -> str:
    """The key for `base_url`, None meaning the provider's own address; KEYLESS for a server named by the user for which
    there is none. `given` is a caller's own.

    Raises UsageError when there is no key, when the file cannot be trusted or read, and when a key of the environment
    would cross a network in clear.
    """
    key, place = (given, "as given") if given is not None else _found(variable, base_url)
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        raise UsageError(f"the API key {place} contains spaces or non-ASCII characters: copy it again")
    if key and key != KEYLESS:
        secrecy.learn(key)
    for line in "\n".join(os.environ.get(name, "") for name in _HEADERS).split("\n"):
        secrecy.learn(line.partition(":")[2].strip())
    return key or KEYLESS


def sources() -> dict[str, str]:
    """Each variable or address for which there is a key, and where that lies. No key's value. Raises UsageError when
    the file cannot be trusted or read."""
    kept = read_file()
    found = {name: "keys file" for name, key in {**kept.variables, **kept.addresses}.items() if key}
    found |= {name: "environment" for name in HOMES if os.environ.get(name, "").strip()}
    return dict(sorted(found.items()))


def check_url(base_url: str | None) -> str | None:
    """The URL without a trailing slash, or None. Raises UsageError, which does not repeat it, when it is no http(s) URL
    or holds what would be kept with every result: a password, a key, a query."""
    if not base_url:
        return None
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not base_url.isprintable() or " " in base_url:
        raise UsageError("the base URL must look like http://127.0.0.1:8000/v1")
    if "@" in parts.netloc or parts.query or parts.fragment or secrecy.strike(base_url) != base_url:
        raise UsageError(
            "a base URL is stored with every result and must hold no user, password, key or query: "
            f"take them out and write the key to {file_path()}"
        )
    return base_url.rstrip("/")


def read_file() -> KeysFile:
    """The keys file, empty when there is none. Raises UsageError when others can read it, when it is another user's, or
    when it is not what it should be; no message repeats what it holds."""
    path = file_path()
    try:
        # Asked of the open file and not of its path, which may come to lead elsewhere in between.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        if os.environ.get("PALIMPSEST_KEYS"):
            raise UsageError(f"PALIMPSEST_KEYS names {path}, which does not exist") from None
        return KeysFile(path)
    except OSError as error:
        raise UsageError(f"cannot read the keys file {path}: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise UsageError(f"the keys file {path} is larger than {_LARGEST:,} bytes: name another with PALIMPSEST_KEYS")
    return _parse(path, content)


def _found(variable: str, base_url: str | None) -> tuple[str, str]:
    """The key and where it lies."""
    kept = read_file()
    own = _section(kept, base_url or HOMES[variable])
    if own is not None:
        return own, f"in {kept.path}"
    key = os.environ.get(variable, "").strip()
    if key:
        if base_url and _in_clear(base_url):
            raise UsageError(
                f"the key in {variable} would cross the network in clear: use https, unset {variable}, or give that "
                f'address a section of its own in {kept.path}: ["{base_url}"] with key = "…", or "" for none'
            )
        return key, f"in {variable}"
    if not base_url or _parts(base_url)[:3] == _parts(HOMES[variable])[:3]:
        key = kept.variables.get(variable, "")
        if not key:
            raise UsageError(
                f"no API key: set {variable}, write it to {kept.path}, or name a server that needs none with a base URL"
            )
    return key, f"in {kept.path}"


def _section(kept: KeysFile, url: str) -> str | None:
    """The key of the longest address that `url` lies under, None where there is none."""
    wanted = _parts(url)
    over = [
        address
        for address in kept.addresses
        if _parts(address)[:3] == wanted[:3] and f"{wanted[3]}/".startswith(f"{_parts(address)[3]}/")
    ]
    return kept.addresses[max(over, key=len)] if over else None


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path without a trailing slash."""
    parts: SplitResult = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")


def _in_clear(url: str) -> bool:
    scheme, host, _, _ = _parts(url)
    if scheme == "https" or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"the keys file {path} is no ordinary file")
    if status.st_uid != os.geteuid():
        raise UsageError(f"the keys file {path} belongs to another user, who could read or change it: make your own")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise UsageError(f"others can read or change the keys file {path} (mode {mode:04o}): chmod 600 {path}")


def _parse(path: Path, content: bytes) -> KeysFile:
    try:
        read = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{number}: not UTF-8") from None
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))  # the rest of the message may quote what stands there
        number = int(line[1]) if line else content.count(b"\n") + 1
        raise UsageError(f'{path}:{number}: not valid TOML; write NAME = "value" under [keys]') from None
    variables: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for number, (name, section) in enumerate(read.items(), start=1):
        if not isinstance(section, dict):
            raise UsageError(f"{path}: entry {number} stands before any section: put it under [keys]")
        if name == "keys":
            variables = _values(path, "[keys]", section, list(HOMES))
        elif name.startswith(("http://", "https://")):
            where = f"section {number}, an address"
            keys = _values(path, where, section, ["key"])
            if not keys:
                raise UsageError(f"{path}: {where}, lacks its key: write key = '…', or key = '' to send none there")
            addresses[_address(path, where, name)] = keys["key"]
        else:
            raise UsageError(
                f'{path}: section {number} is neither [keys] nor an address such as ["https://openrouter.ai/api/v1"]'
            )
    return KeysFile(path, variables, addresses)


def _address(path: Path, where: str, name: str) -> str:
    try:
        return check_url(name) or ""
    except UsageError:
        raise UsageError(
            f"{path}: {where}, must look like https://host/path, without user, password or query"
        ) from None


def _values(path: Path, where: str, section: Mapping[str, object], known: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in section.items():
        if name not in known:  # not repeated: who has swapped name and value has a key there
            raise UsageError(f"{path}: {where} holds a name that is not {' or '.join(known)}")
        if not isinstance(value, str):
            raise UsageError(f"{path}: {where}: {name} must be a text in quotes")
        found[name] = value.strip()
    return found
