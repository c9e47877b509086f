"""Secrets that this process has read are struck out of whatever leaves it: errors, logs, replies, the environment of
its children. Light: read before any SDK."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
from typing import Any

from harness.backends.base import Reply, ToolCall

MARK = "[key]"
"""What stands where a secret stood."""

LEAST = 12
"""Characters of a secret that is struck out wherever it appears. A shorter one, such as `none` or `sk-1234`, may be a
word of a document, which must be scored as it came; errors lose it all the same (`faults.presentable`)."""

_SECRET_NAME = re.compile(
    r"(^|_)(API_?)?(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|HEADER)S?(_|$)", re.IGNORECASE
)
_LOGGERS = ("openai", "anthropic", "httpx2", "httpcore2", "palimpsest")
_LATE = ("connection", "http11", "http2", "proxy", "socks")  # httpcore2's, which it makes at the first connection

_known: set[str] = set()


def learn(secret: str) -> None:
    """From now on `secret` is struck out."""
    if len(secret) >= LEAST:
        _known.add(secret)


def strike(text: str) -> str:
    """`text` without any secret known."""
    for secret in sorted(_known, key=len, reverse=True):  # one may begin with another
        text = text.replace(secret, MARK)
    return text


def strike_reply(reply: Reply) -> Reply:
    """The reply without secrets: a server may write what it was sent into any field of its answer."""
    if not _known:
        return reply
    return dataclasses.replace(
        reply,
        text=strike(reply.text),
        model=strike(reply.model),
        fingerprint=None if reply.fingerprint is None else strike(reply.fingerprint),
        raw=_strike_json(dict(reply.raw)),
        calls=tuple(ToolCall(strike(call.id), strike(call.name), _strike_text(call.arguments)) for call in reply.calls),
    )


def bare_environment() -> dict[str, str]:
    """The environment for a child that asks no provider: without variables that are named like secrets or hold one."""
    return {
        name: value
        for name, value in os.environ.items()
        if not _SECRET_NAME.search(name) and not any(secret in value for secret in _known)
    }


def guard_logs() -> None:
    """Secrets are struck out of what the SDKs, their HTTP client and this project log. Called for every client made:
    a filter works for its own logger only, and loggers appear as modules are imported."""
    late = [f"httpcore2.{name}" for name in _LATE]
    for name in (*_LOGGERS, *late, *logging.Logger.manager.loggerDict):
        if name.partition(".")[0] in _LOGGERS:
            logger = logging.getLogger(name)
            if _STRIKING not in logger.filters:
                logger.addFilter(_STRIKING)


class _Striking(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a faulty call of the logger: the handler will say so
            return True
        struck = strike(message)
        if struck != message:
            record.msg, record.args = struck, None
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            if strike(trace) != trace:
                record.exc_text, record.exc_info = strike(trace), None
        return True


_STRIKING = _Striking()


def _strike_text(text: str) -> str:
    """JSON as a text, in which any letter of a secret may be an escape."""
    struck = strike(text)
    try:
        whole = json.dumps(json.loads(struck))
    except (ValueError, RecursionError):
        return struck
    bare = _strike_escaped(whole)
    return struck if bare == whole else bare


def _strike_escaped(text: str) -> str:
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(json.dumps(secret)[1:-1], MARK)
    return text


def _strike_json(raw: dict[str, Any]) -> dict[str, Any]:
    # Over the text and not node by node: a hostile answer may be nested as deeply as the reader of JSON goes.
    try:
        struck: dict[str, Any] = json.loads(_strike_escaped(json.dumps(raw)))
    except RecursionError:
        return {"left out": "nested too deeply"}
    return struck
