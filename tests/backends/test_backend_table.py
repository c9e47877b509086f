"""The table of schemes, and what opening a model by its name does."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import harness.backends as backends
from harness.backends.openai import needs_responses
from harness.errors import UsageError

HELPERS = {"base", "chat", "faults", "keys", "limits", "llama_server", "prices", "requests_log", "responses"}
HELPERS |= {"allowance", "limiter", "pace", "secrecy", "tool_calls", "weights", "wire"}


def test_table_is_sorted_and_equals_the_modules() -> None:
    names = list(backends._TABLE)
    assert names == sorted(names)
    folder = Path(backends.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"} - HELPERS
    assert modules == {entry.target.partition(":")[0] for entry in backends._TABLE.values()}
    for entry in backends._TABLE.values():
        module, _, attribute = entry.target.partition(":")
        kind = getattr(importlib.import_module(f"harness.backends.{module}"), attribute)
        assert callable(kind.generate)
        assert callable(kind.close)


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys, harness.backends as b; b.schemes(); "
        "print(sorted({'openai', 'anthropic', 'httpx2', 'xllamacpp', 'genai_prices', 'tenacity'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_schemes_say_what_is_missing_and_never_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    listed = {scheme.name: scheme for scheme in backends.schemes()}
    assert list(listed) == sorted(listed)
    assert listed["openai"].missing == ""
    assert listed["anthropic"].missing == "ANTHROPIC_API_KEY is not set"
    assert "sk-very-secret" not in repr(listed)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("opnai:gpt", "did you mean openai:"),
        ("gpt-5", "openai:MODEL"),
        ("openai", "unknown model"),
        ("openai:", "write openai:MODEL"),
        ("replay:", "write replay:FILE"),
        ("replay:/nowhere.jsonl", "cannot read the recording"),
        ("local:/nowhere.gguf", "no such model file"),
        ("sim:0.1", "unknown model"),
        ("", "unknown model"),
    ],
)
def test_unusable_names_say_what_to_do(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        backends.open_backend(name)


@pytest.mark.parametrize("scheme", ["openai", "anthropic"])
async def test_key_comes_from_the_environment(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"{scheme.upper()}_API_KEY"
    monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv(f"{scheme.upper()}_BASE_URL", raising=False)
    with pytest.raises(UsageError, match=f"set {variable}"):
        backends.open_backend(f"{scheme}:m")
    local = backends.open_backend(f"{scheme}:m", base_url="http://127.0.0.1:1")
    await local.close()
    monkeypatch.setenv(variable, "sk-very-secret")
    own = backends.open_backend(f"{scheme}:m")
    assert own.name == f"{scheme}:m"
    assert "sk-very-secret" not in repr(own)
    await own.close()
    monkeypatch.setenv(variable, "sk-päste")
    with pytest.raises(UsageError, match=variable) as caught:
        backends.open_backend(f"{scheme}:m")
    assert "päste" not in str(caught.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", "http://[x"])
def test_base_url_must_be_one(url: str) -> None:
    with pytest.raises(UsageError, match="base URL"):
        backends.open_backend("openai:m", base_url=url)


def test_a_base_url_means_nothing_to_a_recording() -> None:
    with pytest.raises(UsageError, match="means nothing"):
        backends.open_backend("replay:x", base_url="http://127.0.0.1:1")


def test_a_missing_package_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['xllamacpp'] = None\n"
        "import importlib.util; importlib.util.find_spec = lambda name: None\n"
        "from harness.backends import open_backend\n"
        "from harness.errors import UsageError\n"
        "try: open_backend('local:')\n"
        "except UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'palimpsest-bench[local]'" in done.stdout


@pytest.mark.parametrize(
    "model", ["o1-pro", "gpt-5-pro", "gpt-5-codex", "codex-mini-latest", "o3-deep-research", "gpt-5.2-pro-2025-12-11"]
)
def test_models_that_need_the_responses_api(model: str) -> None:
    assert needs_responses(model)


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-5", "o3", "gpt-production"])
def test_models_that_do_not(model: str) -> None:
    assert not needs_responses(model)
