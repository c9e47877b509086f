"""`openai:MODEL`: OpenAI, and every server that speaks its API (vLLM, Ollama, OpenRouter, Azure's v1 endpoint)."""

from __future__ import annotations

import dataclasses
import os
import re
import time
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.shared import ChatModel, ResponsesModel

from harness.backends import allowance, chat, faults, keys, requests_log, responses, secrecy, wire
from harness.backends.base import Reply, Request
from harness.backends.prices import cost
from harness.errors import BackendError, Rejected

ApiMode = Literal["auto", "chat", "responses"]

FAILURES = (openai.OpenAIError, *faults.TRANSPORT)
"""Everything the SDK raises when a call fails."""

# The SDK lists some of these families' members among the models for chat.
_RESPONSES_ONLY = re.compile(r"codex|-pro(-\d{4}-\d{2}-\d{2})?$")

_OWN_HOSTS = ("api.openai.com", ".openai.azure.com")


def translate(error: Exception) -> BackendError:
    """The one place where the SDK's errors become ours."""
    match error:
        case BackendError():
            return error
        case openai.APIStatusError():
            words = [word for word in (error.code, error.type) if isinstance(word, str)]
            message = faults.explanation(error.body)
            return faults.from_status(error.status_code, message, headers=error.response.headers, codes=words)
        case openai.APIConnectionError() | openai.APIResponseValidationError():
            return faults.from_connection(error)
        case openai.OpenAIError():  # the rest complain about how the SDK was used: asking again changes nothing
            return Rejected(faults.reason(error))
    return faults.from_transport(error)


def needs_responses(model: str) -> bool:
    """Whether OpenAI serves `model` on the responses API alone, as far as the installed SDK knows."""
    return model in _literals(ResponsesModel) - _literals(ChatModel) or _RESPONSES_ONLY.search(model) is not None


class OpenAI:
    """A Backend on the official SDK. Retries are the caller's (`limits.Retrying`): the SDK's own are off.

    Raises UsageError when no key is set and no `base_url` is given.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_mode: ApiMode = "auto",
        timeout: float = 600.0,
        api_key: str | None = None,
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._url = keys.check_url(base_url or os.environ.get("OPENAI_BASE_URL"))
        self._key = keys.find_key("OPENAI_API_KEY", self._url, api_key)
        secrecy.guard_logs()
        self._timeout = wire.timeouts(timeout)
        host = urlsplit(self._url or "https://api.openai.com").hostname or ""
        own = host.endswith(_OWN_HOSTS)
        self._limit_name = "max_completion_tokens" if own else "max_tokens"
        self._responses = api_mode == "responses" or (api_mode == "auto" and own and needs_responses(model))
        self._tls = httpx2.create_ssl_context()
        self._lanes = wire.Lanes(self._client)

    def __repr__(self) -> str:
        return f"OpenAI({self._model!r})"

    async def generate(self, request: Request) -> Reply:
        if self._responses:
            path, body, read = responses.PATH, responses.body(self._model, request), responses.read
        else:
            path, body, read = chat.PATH, chat.body(self._model, request, limit_name=self._limit_name), chat.read
        started = time.perf_counter()
        try:
            answer, left = await self._post(path, body)
            reply = secrecy.strike_reply(read(answer, request))
        except (BackendError, *FAILURES) as error:
            raise faults.presentable(translate(error), self._key) from None
        return dataclasses.replace(
            reply,
            latency=time.perf_counter() - started,
            cost=cost(self._model, reply.usage, provider="openai", base_url=self._url),
            allowance=left,
        )

    async def close(self) -> None:
        await self._lanes.close()

    async def _post(self, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], allowance.Allowance]:
        # Asked for as a plain response: the SDK's models accept bodies that are not as promised.
        with self._lanes.lend() as client:
            response = await client.post(path, cast_to=httpx2.Response, body=body)
        return wire.decode(response.content), allowance.read(response.headers, time.time())

    def _client(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self._url,
            max_retries=0,
            timeout=self._timeout,
            http_client=openai.DefaultAsyncHttpxClient(
                limits=wire.limits(),
                verify=self._tls,
                timeout=self._timeout,
                mounts=wire.DIRECT,
                follow_redirects=False,  # x-api-key, and the documents, would go wherever a server points
                event_hooks=requests_log.HOOKS,
            ),
        )


def _literals(alias: object) -> frozenset[str]:
    """The names a type alias of the SDK lists, through unions."""
    if isinstance(alias, str):
        return frozenset([alias])
    inner = get_args(alias) if get_origin(alias) is not None else ()
    return frozenset().union(*(_literals(part) for part in inner))
