"""Nothing an SDK raises is unmapped."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from types import ModuleType

import anthropic as anthropic_sdk
import httpx2
import openai as openai_sdk
import pytest

from harness.backends import anthropic, faults, openai
from harness.errors import BackendError, Denied, Outage, RateLimited, Rejected

BY_STATUS = {400: Rejected, 401: Denied, 402: Denied, 403: Denied, 404: Rejected, 408: Outage, 409: Outage}
BY_STATUS |= {412: Rejected, 413: Rejected, 422: Rejected, 429: RateLimited, 431: Rejected, 499: Rejected}
BY_STATUS |= {500: Outage, 501: Outage, 503: Outage, 504: Outage, 529: Outage}


def family(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


def instance(kind: type[BaseException]) -> BaseException:
    """One of `kind`, whatever its constructor asks for."""
    error = kind.__new__(kind, "boom")
    status = getattr(kind, "status_code", 500)
    facts = {
        "message": "boom",
        "code": None,
        "type": None,
        "error_code": None,
        "body": None,
        "request_id": None,
    }
    response = httpx2.Response(status, request=httpx2.Request("POST", "http://x"))
    for name, value in {**facts, "status_code": status, "response": response}.items():
        setattr(error, name, value)
    return error


SDKS = [(openai, openai_sdk.OpenAIError), (anthropic, anthropic_sdk.AnthropicError)]


@pytest.mark.parametrize(("module", "root"), SDKS, ids=["openai", "anthropic"])
def test_every_error_of_the_sdk_is_caught_and_translated(module: ModuleType, root: type[BaseException]) -> None:
    kinds = set(family(root))
    assert len(kinds) > 15
    for kind in kinds:
        assert issubclass(kind, module.FAILURES), kind
        ours = module.translate(instance(kind))
        assert isinstance(ours, BackendError), kind
        if isinstance(getattr(kind, "status_code", None), int):
            assert type(ours) is BY_STATUS[kind.status_code], kind  # type: ignore[attr-defined]


@pytest.mark.parametrize(("module", "root"), SDKS, ids=["openai", "anthropic"])
def test_exports_of_the_sdk_hold_no_error_outside_its_family(module: ModuleType, root: type[BaseException]) -> None:
    sdk = openai_sdk if module is openai else anthropic_sdk
    exported = [getattr(sdk, name) for name in sdk.__all__]
    kinds = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, Exception)]
    strangers = {kind.__name__ for kind in kinds if not issubclass(kind, module.FAILURES)}
    assert strangers <= {"InvalidWebhookSignatureError"}  # of webhooks, which we do not receive


@pytest.mark.parametrize("module", [openai, anthropic], ids=["openai", "anthropic"])
def test_every_transport_error_is_caught_and_translated(module: ModuleType) -> None:
    exported = [getattr(httpx2, name) for name in httpx2.__all__]
    kinds = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, Exception)]
    kinds = [kind for kind in kinds if not issubclass(kind, Warning)]
    assert len(kinds) > 20
    for kind in kinds:
        assert issubclass(kind, module.FAILURES), kind
        assert isinstance(module.translate(instance(kind)), Outage | Rejected), kind
    for error in (
        json.JSONDecodeError("x", "y", 0),
        TimeoutError(),
        ConnectionResetError(),
        ssl.SSLError("bad certificate"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    ):
        assert isinstance(error, module.FAILURES)
        assert type(module.translate(error)) is Outage
    assert not issubclass(asyncio.CancelledError, module.FAILURES)


def test_an_url_that_cannot_be_asked_is_not_asked_again() -> None:
    assert type(faults.from_transport(httpx2.UnsupportedProtocol("x"))) is Rejected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 99 Foo 1970"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert faults.retry_after(headers, now=100.0) == expected
