"""How a failed call over HTTP becomes one of our errors: the part both SDKs share.

Each SDK's own classes are translated by `translate` in its module, which ends here.
"""

from __future__ import annotations

import email.utils
import json
import math
import ssl
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from harness.backends import secrecy
from harness.errors import BackendError, Denied, Outage, RateLimited, Rejected

TRANSPORT = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.CookieConflict,
    httpx2.StreamError,
    json.JSONDecodeError,
    UnicodeError,
    OSError,  # sockets, TLS and, since Python 3.11, every kind of TimeoutError
)
"""What an SDK may let through unwrapped."""

EMPTY_PURSE = frozenset(
    {
        "account_deactivated",
        "billing_error",
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_quota",
        "invalid_api_key",
    }
)
"""Codes that end the run whatever status they come with: OpenAI sends `insufficient_quota` as a 429."""

_WITHOUT_JINJA = "requires --jinja"
"""What llama.cpp says, with status 500, of tools when it was started without templates."""

LINE_LIMIT = 300
"""Characters of an error that a person reads."""


def from_transport(error: Exception) -> BackendError:
    """An error of TRANSPORT as one of ours."""
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | UnicodeEncodeError):
        return Rejected(f"the request cannot be sent: {reason(error)}")
    return from_connection(error)


def from_connection(error: Exception) -> BackendError:
    """A connection that failed. Waiting does not make a certificate good: the user has to look."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Denied(f"the server's certificate cannot be trusted: {cause.verify_message}; see SSL_CERT_FILE")
        cause = cause.__cause__ or cause.__context__
    return Outage(reason(error))


def from_status(
    status: int,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    codes: Collection[str] = (),
    now: float | None = None,
) -> BackendError:
    """The error for an HTTP status. `codes` are the provider's own words for it, `now` is Unix time in seconds."""
    wait = retry_after(headers or {}, now)
    line = f"HTTP {status}: {message}"
    if status in (401, 402, 403) or not EMPTY_PURSE.isdisjoint(codes):
        return Denied(line, status=status)
    if status == 429 or (status in (503, 529) and wait is not None):
        return RateLimited(line, status=status, retry_after=wait)
    if status in (301, 307, 308):
        return Rejected(f"redirects are not followed, {_elsewhere(headers or {})}: {line}", status=status)
    # 408, 409 and 425 are about the moment (timeout, lock, too early), other 3xx about the route: neither is a verdict.
    if (status < 400 or status >= 500 or status in (408, 409, 425)) and _WITHOUT_JINJA not in message:
        return Outage(line, status=status)
    return Rejected(line, status=status)


def _elsewhere(headers: Mapping[str, str]) -> str:
    """What to do about a redirect. Of its target only scheme and host: the rest may hold a ticket."""
    try:
        target = urlsplit(headers.get("location", ""))
        host = target.hostname
    except ValueError:
        host = None
    return f"name {target.scheme}://{host} as the base URL" if host else "name the right base URL"


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds the provider asks to wait, at least 0; None when it does not say or says it unreadably. A date is held
    against `now`, else against the answer's own date: the clock here may be wrong."""
    wait = _number(headers.get("retry-after-ms"))
    if wait is not None:
        return wait / 1000
    stated = headers.get("retry-after")
    wait = _number(stated)
    if wait is not None or stated is None:
        return wait
    until = _date(stated)
    if until is None:
        return None
    if now is None:
        now = _date(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def declared(holder: Mapping[str, Any]) -> BackendError | None:
    """The error that a body of status 200 declares, as routers in front of several providers do, or None."""
    error = holder.get("error")
    if not error:
        return None
    details = error if isinstance(error, dict) else {}
    code = details.get("code")
    status = code if isinstance(code, int) else 502
    words = [word for word in (code, details.get("type")) if isinstance(word, str)]
    return from_status(status, str(details.get("message") or error), codes=words)


def explanation(body: object) -> str:
    """What the body of an error says, from any of the usual shapes: a message, one inside `error`, or plain text."""
    outer = body if isinstance(body, dict) else {}
    inner = outer.get("error")
    message = outer.get("message") or (inner.get("message") if isinstance(inner, dict) else None)
    return str(message or body or "without explanation")


def reason(error: BaseException) -> str:
    """The error with what caused it: SDKs say "Connection error." and keep the news in `__cause__`."""
    cause = error.__cause__
    own = str(error) or type(error).__name__
    return f"{own} ({type(cause).__name__}: {cause})" if cause is not None else own


def presentable(error: BackendError, secret: str) -> BackendError:
    """The same error in one line of bearable length, with `secret` struck out: servers quote the key they were sent."""
    text = str(error).replace(secret, secrecy.MARK) if secret else str(error)
    line = " ".join(secrecy.strike(text).split())
    error.args = (line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…",)
    return error


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None
