"""Keys: where they come from, which address each is sent to, and what is refused."""

from __future__ import annotations

import json
import logging
import os
from fractions import Fraction
from pathlib import Path

import pytest
from canary_server import Canary

from harness.backends import keys, open_backend, schemes, secrecy
from harness.backends.base import Message, Reply, Request
from harness.errors import UsageError
from harness.horizon.spec import HorizonSpec
from harness.relay.spec import RunSpec

OPENAI, ANTHROPIC = "OPENAI_API_KEY", "ANTHROPIC_API_KEY"
ROUTER = "https://openrouter.ai/api/v1"
HELD = f"""
[keys]
{OPENAI} = "sk-of-the-file-1"

["{ROUTER}"]
key = "sk-of-the-router"

["http://gpu.lan:8000"]
key = ""
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty keys file, no key in the environment, nothing learnt before."""
    for name in (OPENAI, ANTHROPIC, "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(secrecy, "_known", set())
    path = tmp_path / "keys.toml"
    path.touch(mode=0o600)
    monkeypatch.setenv("PALIMPSEST_KEYS", str(path))
    return path


def test_a_section_for_the_address_comes_before_the_environment_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(HELD)
    assert keys.find_key(OPENAI, None) == "sk-of-the-file-1"
    monkeypatch.setenv(OPENAI, "sk-of-the-environment")
    assert keys.find_key(OPENAI, None) == "sk-of-the-environment"
    assert keys.find_key(OPENAI, ROUTER) == "sk-of-the-router"
    assert keys.find_key(OPENAI, "https://elsewhere.example/v1") == "sk-of-the-environment"
    assert keys.find_key(OPENAI, "http://gpu.lan:8000/v1") == keys.KEYLESS
    assert keys.find_key(OPENAI, "http://gpu.lan:8000/v1", "given") == "given"
    assert keys.sources() == {OPENAI: "environment", ROUTER: "keys file"}


@pytest.mark.parametrize(
    "url",
    ["https://openrouter.ai", "https://openrouter.ai/api/v11", "http://openrouter.ai/api/v1",
     "https://openrouter.ai:444/api/v1", "https://openrouter.ai.evil.example/api/v1", "https://evil.example/api/v1", "https://api.openai.com.evil.example"],
)  # fmt: skip
def test_a_key_of_the_file_goes_to_its_own_address_only(file: Path, url: str) -> None:
    file.write_text(HELD)
    assert keys.find_key(OPENAI, url) == keys.KEYLESS


@pytest.mark.parametrize("url", [ROUTER, f"{ROUTER}/", "https://OPENROUTER.ai:443/api/v1", f"{ROUTER}/beta"])
def test_a_section_is_for_what_lies_under_its_address(file: Path, url: str) -> None:
    file.write_text(HELD)
    assert keys.find_key(OPENAI, keys.check_url(url)) == "sk-of-the-router"


@pytest.mark.parametrize("url", ["http://gpu.lan:8000/v1", "http://10.0.0.7/v1", "http://[fe80::1]/v1"])
def test_a_key_of_the_environment_crosses_no_network_in_clear(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys.find_key(OPENAI, url) == keys.KEYLESS
    monkeypatch.setenv(OPENAI, "sk-of-the-environment")
    with pytest.raises(UsageError, match="in clear: use https, unset OPENAI_API_KEY") as caught:
        open_backend("openai:m", base_url=url)
    assert "sk-of" not in str(caught.value)
    for near in ("http://127.0.0.1:8000", "http://[::1]:8000/v1", "http://localhost/v1"):
        assert keys.find_key(OPENAI, near) == "sk-of-the-environment"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:04o}.*chmod 600 {file}"):
        keys.find_key(OPENAI, None)
    with pytest.raises(UsageError, match="chmod 600"):
        schemes()


def test_a_link_to_a_file_of_another_user_is_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.touch(mode=0o600)
    file.unlink()
    file.symlink_to(other)
    assert keys.read_file().variables == {}
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(other, 12345, 12345)
    with pytest.raises(UsageError, match="another user"):
        keys.read_file()


def test_what_is_no_file_is_refused_at_once(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    with pytest.raises(UsageError, match="does not exist"):
        keys.read_file()
    os.mkfifo(file, 0o600)
    with pytest.raises(UsageError, match="no ordinary file"):
        keys.read_file()
    monkeypatch.setenv("PALIMPSEST_KEYS", str(tmp_path))
    with pytest.raises(UsageError, match="Is a directory"):
        keys.read_file()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[keys]\nOPENAI_API_KEY = "sk-secret-4711\n', ":2: not valid TOML"),
        (b"[keys]\n\nOPENAI_API_KEY = sk-secret-4711\n", ":3: not valid TOML"),
        (b'[keys]\nOPENAI_API_KEY = "sk-secret-4711', ":2: not valid TOML"),
        (b"[keys]\n[keys]\n", ":2: not valid TOML"),
        (b"a=" + b"[" * 5000, ":1: not valid TOML"),
        (b"[keys]\nOPENAI_API_KEY = \xff4711\n", ":2: not UTF-8"),
        (b'OPENAI_API_KEY = "sk-secret-4711"\n', "entry 1 stands before any section"),
        (b'[keys]\nsk-secret-4711 = "OPENAI_API_KEY"\n', "a name that is not ANTHROPIC_API_KEY or OPENAI_API_KEY"),
        (b"[keys]\nOPENAI_API_KEY = 4711\n", "OPENAI_API_KEY must be a text in quotes"),
        (b'[keys]\nOPENAI_API_KEY = "sk secret 4711"\n', "contains spaces"),
        ('[keys]\nOPENAI_API_KEY = "sk-secrét-4711"\n'.encode(), "contains spaces or non-ASCII"),
        (b'[keys]\nOPENAI_API_KEY = ""\n', "no API key: set OPENAI_API_KEY, write it to"),
        (b"[sk-secret-4711]\n", "section 1 is neither"),
        (b'["https://u:4711@x.example"]\nkey = "sk-secret-4711"\n', "section 1, an address, must look like"),
        (b'["https://x.example"]\n', "section 1, an address, lacks its key"),
        (b'["https://x.example"]\nOPENAI_API_KEY = "4711"\n', "a name that is not key"),
        (b"#" * (2**20 + 1), "larger than"),
    ],
)
def test_a_faulty_file_is_told_without_what_it_holds(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        keys.find_key(OPENAI, None)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
    assert "4711" not in str(caught.value).replace(str(file), "")


@pytest.mark.parametrize(
    "url",
    ["https://user:4711@x.example/v1", "https://4711@x.example/v1", "https://x.example/v1?api_key=4711",
     "https://x.example/v1#4711", "https://x.example/sk-learnt-4711-key/v1", "https://x.example/a b", "https://x:99999"],
)  # fmt: skip
def test_a_base_url_with_a_secret_reaches_no_spec(url: str) -> None:
    secrecy.learn("sk-learnt-4711-key")
    for make in (
        lambda: RunSpec(("sim:oracle",), ("accounting",), base_url=url),
        lambda: HorizonSpec(("sim:slips",), rates=(Fraction(1),), base_url=url),
        lambda: open_backend("openai:m", base_url=url),
        lambda: open_backend("anthropic:m", base_url=url),
    ):
        with pytest.raises(UsageError, match="base URL") as caught:
            make()
        assert "4711" not in str(caught.value)


@pytest.mark.parametrize("model", ["openai:m", "anthropic:m"])
async def test_the_file_s_key_is_what_the_server_gets(model: str, file: Path) -> None:
    with Canary() as server:
        file.write_text(f'["{server.url}"]\nkey = "sk-for-this-server"\n')  # noqa: ASYNC240 (nobody waits)
        backend = open_backend(model, base_url=server.url)
        reply = await backend.generate(Request((Message("user", "Say it."),)))
        await backend.close()
    assert server.keys == {"sk-for-this-server"}
    assert "Your key is [key]." in reply.text


def test_headers_that_the_sdks_take_from_the_environment_are_secrets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-team: four\nx-gate: Bearer gate-secret-4711")
    keys.find_key(OPENAI, "http://127.0.0.1:1")
    assert secrecy.strike("team four, Bearer gate-secret-4711") == "team four, [key]"


def test_secrets_are_struck_out_of_any_part_of_a_reply() -> None:
    key = 'sk-"with\\signs"/4711'
    secrecy.learn(key)
    secrecy.learn(key + "-longer")
    raw = {"id": key, key: [{"deep": [key + "-longer", 1.5, None, True]}], "fine": "é\ud800"}
    reply = secrecy.strike_reply(Reply(f"a {key}-longer b {key}", "stop", model=key, fingerprint=key, raw=raw))
    assert reply.text == "a [key] b [key]"
    assert (reply.model, reply.fingerprint) == ("[key]", "[key]")
    assert reply.raw == {"id": "[key]", "[key]": [{"deep": ["[key]", 1.5, None, True]}], "fine": "é\ud800"}
    nested: object = key
    for _ in range(100_000):
        nested = [nested]
    assert "4711" not in json.dumps(dict(secrecy.strike_reply(Reply("", "stop", raw={"id": nested})).raw))


def test_logs_and_tracebacks_lose_secrets(caplog: pytest.LogCaptureFixture) -> None:
    secrecy.learn("sk-in-the-log-4711")
    secrecy.guard_logs()
    log = logging.getLogger("palimpsest")
    log.warning("sent %s", {"x-api-key": "sk-in-the-log-4711"})
    try:
        raise ValueError("sk-in-the-log-4711")
    except ValueError:
        log.exception("failed")
    log.warning("nothing to hide: %d", 1)
    assert "4711" not in caplog.text
    assert "ValueError: [key]" in caplog.text
    assert "nothing to hide: 1" in caplog.text


def test_children_get_no_variable_that_is_named_like_a_secret_or_holds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    secrecy.learn("sk-in-a-variable")
    secret = {"OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "ANTHROPIC_CUSTOM_HEADERS"}
    for name in secret:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("MY_URL", "https://sk-in-a-variable@x.example")
    monkeypatch.setenv("PIP_INDEX_URL", "https://x.example/simple")
    bare = secrecy.bare_environment()
    assert not (secret | {"MY_URL"}) & set(bare)
    assert {"PATH", "PIP_INDEX_URL"} <= set(bare)
