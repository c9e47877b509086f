"""What a provider can do wrong, on real sockets: which error or Reply it becomes, and how often it is asked."""

from __future__ import annotations

import asyncio
import email.utils
import time
import traceback

import pytest
from scripted_server import ASK, Patience, Scripted, http

from harness.backends import wire
from harness.backends.anthropic import Anthropic
from harness.backends.base import Backend, Message, Reply, Request, Usage
from harness.backends.openai import OpenAI
from harness.errors import BackendError, Denied, Outage, RateLimited, Rejected

KEY = "sk-very-secret-0123456789"


def choice(**message: object) -> dict[str, object]:
    finish = message.pop("finish", "stop")
    return {"model": "m-1", "choices": [{"finish_reason": finish, "message": message}], "usage": None}


FINE = {
    "openai": http(200, choice(content="ok")),
    "responses": http(
        200,
        {
            "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "ok"}]}],
        },
    ),
    "anthropic": http(200, {"content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn", "usage": None}),
}
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"


@pytest.fixture(params=sorted(FINE))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def backend(dialect: str, server: Scripted, **options: float) -> Backend:
    if dialect == "anthropic":
        return Anthropic("m", base_url=server.url, api_key=KEY, **options)
    mode = "responses" if dialect == "responses" else "chat"
    return OpenAI("m", base_url=f"{server.url}/v1", api_mode=mode, api_key=KEY, **options)


def error_body(code: str, message: str = "no") -> dict[str, object]:
    return {"type": "error", "error": {"type": code, "code": code, "message": message}}


PASSING = {
    "rate limit": http(429, error_body("rate_limit_exceeded")),
    "server error": http(500, error_body("server_error")),
    "overloaded": http(529, error_body("overloaded_error")),
    "timeout of the server": http(408, {}),
    "gateway's page": http(502, b"<html>Bad gateway</html>"),
    "broken off": HALF + Scripted.RESET,
    "no answer at all": Scripted.RESET,
    "not JSON": http(200, b'{"choices": ['),
    "HTML": http(200, b"<html>Please log in</html>"),
    "JSON of another kind": http(200, []),
    "empty object": http(200, {}),
    "no choices": http(200, {"choices": [], "output": None, "content": None}),
    "null choice": http(200, {"choices": [None]}),
    "null message": http(200, {"choices": [{"message": None}]}),
    "error with status 200": http(200, {"error": {"code": 502, "message": "upstream"}}),
    "rate limit with status 200": http(200, {"error": {"code": 429, "message": "slow down"}}),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
async def test_passing_fault_is_asked_again(fault: bytes, dialect: str, server: Scripted, patience: Patience) -> None:
    server.script = [fault, fault, FINE[dialect]]
    model = patience.retrying(backend(dialect, server))
    reply = await model.generate(ASK)
    await model.close()
    assert (reply.text, reply.finish, reply.attempts, len(patience.waits)) == ("ok", "stop", 3, 2)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
async def test_lasting_fault_raises_its_error(fault: bytes, dialect: str, server: Scripted, patience: Patience) -> None:
    server.script = [fault]
    model = patience.retrying(backend(dialect, server), attempts=3)
    with pytest.raises(BackendError) as caught:
        await model.generate(ASK)
    await model.close()
    limited = b"429" in fault
    assert type(caught.value) is (RateLimited if limited else Outage)
    assert len(server.bodies) == 3


FINAL = {
    "bad request": (http(400, error_body("invalid_request_error")), Rejected, 400),
    "not found": (http(404, error_body("not_found_error")), Rejected, 404),
    "too long": (http(413, error_body("request_too_large")), Rejected, 413),
    "unprocessable": (http(422, {"detail": "x"}), Rejected, 422),
    "wrong key": (http(401, error_body("authentication_error")), Denied, 401),
    "no credit": (http(402, error_body("billing_error")), Denied, 402),
    "forbidden": (http(403, error_body("permission_error")), Denied, 403),
    "quota spent": (http(429, error_body("insufficient_quota")), Denied, 429),
    "key refused with status 200": (http(200, {"error": {"code": 401, "message": "no"}}), Denied, 401),
}


@pytest.mark.parametrize(("fault", "expected", "status"), FINAL.values(), ids=FINAL.keys())
async def test_verdict_is_not_asked_again(
    fault: bytes, expected: type[BackendError], status: int, dialect: str, server: Scripted, patience: Patience
) -> None:
    server.script = [fault]
    model = patience.retrying(backend(dialect, server))
    with pytest.raises(BackendError) as caught:
        await model.generate(ASK)
    await model.close()
    assert (type(caught.value), caught.value.status) == (expected, status)
    assert (len(server.bodies), patience.waits) == (1, [])


async def test_empty_purse_of_anthropic_comes_as_a_bad_request(server: Scripted) -> None:
    server.script = [http(400, error_body("invalid_request_error", "Your credit balance is too low to access the API"))]
    model = backend("anthropic", server)
    with pytest.raises(Denied, match="credit balance"):
        await model.generate(ASK)
    await model.close()


@pytest.mark.parametrize(
    ("status", "headers", "low", "high"),
    [
        (429, {"retry_after": "7"}, 7.0, 8.0),
        (429, {"retry_after_ms": "2500"}, 2.5, 3.5),
        (429, {"retry_after": "DATE"}, 200.0, 301.0),
        (429, {"retry_after": "soon"}, 0.5, 1.0),
        (503, {"retry_after": "7"}, 7.0, 8.0),
        (529, {"retry_after": "7"}, 7.0, 8.0),
    ],
)
async def test_retry_after_is_honoured(
    status: int, headers: dict[str, str], low: float, high: float, dialect: str, server: Scripted, patience: Patience
) -> None:
    # Five minutes from now, not from when the tests were collected.
    date = email.utils.formatdate(time.time() + 300, usegmt=True)
    told = {name: value.replace("DATE", date) for name, value in headers.items()}
    server.script = [http(status, error_body("busy"), **told), FINE[dialect]]
    model = patience.retrying(backend(dialect, server))
    assert (await model.generate(ASK)).attempts == 2
    await model.close()
    assert low <= patience.waits[0] <= high


async def test_stalled_body_is_an_outage(dialect: str, server: Scripted, patience: Patience) -> None:
    server.script = [HALF + Scripted.STALL]
    model = patience.retrying(backend(dialect, server), attempts=2, timeout=0.2)
    with pytest.raises(Outage, match=r"no complete answer within 0\.2 s"):
        await model.generate(ASK)
    await model.close()
    assert len(server.bodies) == 2


async def test_silence_is_an_outage_by_the_clients_own_clock(dialect: str, server: Scripted) -> None:
    server.script = [Scripted.STALL]
    model = backend(dialect, server, timeout=0.2)
    with pytest.raises(Outage):
        await model.generate(ASK)
    await model.close()


async def test_nobody_listens(dialect: str, server: Scripted) -> None:
    server.url = "http://127.0.0.1:9"
    model = backend(dialect, server)
    with pytest.raises(Outage, match="Connect"):
        await model.generate(ASK)
    await model.close()


EMPTY = {
    "empty": (choice(content=""), "", "stop"),
    "null": (choice(content=None), "", "stop"),
    "filtered": (choice(content=None, finish="content_filter"), "", "filter"),
    "refused": (choice(content=None, refusal="I will not."), "I will not.", "filter"),
    "all tokens thought away": (choice(content=None, finish="length"), "", "length"),
    "finish unknown": (choice(content="x", finish=None), "x", "other"),
    "in parts": (choice(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", "stop"),
    "lone surrogate": (choice(content="a\ud800b"), "a\ufffdb", "stop"),
}


@pytest.mark.parametrize(("body", "text", "finish"), EMPTY.values(), ids=EMPTY.keys())
async def test_poor_answer_is_a_reply(body: object, text: str, finish: str, server: Scripted) -> None:
    server.script = [http(200, body)]
    model = backend("openai", server)
    reply = await model.generate(ASK)
    await model.close()
    assert (reply.text, reply.finish, reply.usage, reply.cost) == (text, finish, Usage(), None)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("end_turn", "stop"), ("max_tokens", "length"), ("refusal", "filter"), ("pause_turn", "other"), (None, "other")],
)
async def test_anthropic_stop_reasons(reason: str | None, finish: str, server: Scripted) -> None:
    server.script = [http(200, {"content": [], "stop_reason": reason})]
    model = backend("anthropic", server)
    reply = await model.generate(ASK)
    await model.close()
    assert (reply.text, reply.finish) == ("", finish)


def quote(head: str) -> bytes:
    """A server that quotes the request's headers, at the point where a long message is cut, too."""
    return http(400, {"error": {"message": "x" * 220 + head * 3, "type": KEY, "code": KEY}})


@pytest.mark.parametrize("status", [b"200", b"400", b"401", b"429", b"500"])
async def test_no_error_shows_the_key(status: bytes, dialect: str, server: Scripted) -> None:
    server.script = [lambda head: quote(head).replace(b"400", status, 1)]
    model = backend(dialect, server)
    with pytest.raises(BackendError) as caught:
        await model.generate(ASK)
    await model.close()
    error = caught.value
    shown = [
        str(error),
        repr(error),
        repr(error.args),
        repr(model),
        model.name,
        "".join(traceback.format_exception(error)),
    ]
    for text in shown:
        assert KEY not in text
        assert KEY[:12] not in text
    assert len(str(error)) <= 300


async def test_an_error_says_what_the_provider_said(dialect: str, server: Scripted) -> None:
    model = backend(dialect, server)
    said = []
    for body in (error_body("x", "Mend\nthis."), {"detail": "Mend this."}, b"<p>Mend this.</p>", b""):
        server.script.append(http(400, body))
        with pytest.raises(Rejected) as caught:
            await model.generate(ASK)
        said.append(str(caught.value))
    await model.close()
    assert said == [
        "HTTP 400: Mend this.",
        "HTTP 400: {'detail': 'Mend this.'}",
        "HTTP 400: <p>Mend this.</p>",
        "HTTP 400: without explanation",
    ]


async def test_text_that_cannot_be_sent_is_rejected(dialect: str, server: Scripted) -> None:
    model = backend(dialect, server)
    with pytest.raises(Rejected, match="cannot be sent"):
        await model.generate(Request((Message("user", "a\ud800b"),)))
    await model.close()


async def test_many_calls_are_in_flight_at_once(dialect: str, server: Scripted) -> None:
    many = 3 * wire.LANE_WIDTH
    server.script, server.gate = [FINE[dialect]], asyncio.Barrier(many)  # nobody is answered before all have asked
    model = backend(dialect, server)
    for _ in range(2):
        replies = await asyncio.gather(*(model.generate(ASK) for _ in range(many)))
        assert {reply.text for reply in replies} == {"ok"}
    await model.close()


async def test_a_proxy_is_not_asked_for_this_machine(
    dialect: str, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.script = [FINE[dialect]]
    model = backend(dialect, server)
    assert (await model.generate(ASK)).text == "ok"
    await model.close()


async def test_a_reply_names_its_attempts_model_and_time(server: Scripted) -> None:
    server.script = [FINE["openai"]]
    model = backend("openai", server)
    reply: Reply = await model.generate(ASK)
    await model.close()
    assert (reply.attempts, reply.model, reply.latency > 0) == (1, "m-1", True)
