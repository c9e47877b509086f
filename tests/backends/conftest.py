"""A scripted HTTP server on a real socket, and the embedded model behind llama.cpp's real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from scripted_server import Patience, Scripted

from harness.backends import weights


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    running = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    yield scripted
    running.close()


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture(scope="session")
def llama() -> Iterator[Any]:
    """llama.cpp's server with SmolLM2, fetched on first use."""
    from harness.backends.local import Server

    running = Server(weights.pull(), context=2048, parallel=2)
    yield running
    running.stop()
