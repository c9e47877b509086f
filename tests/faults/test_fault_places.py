"""Faults of the way to the server and of the clock: names, certificates, dates."""

from __future__ import annotations

import itertools
import ssl
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme

from harness.backends.faults import retry_after
from harness.errors import Denied
from harness.store import Reader
from tests.chat_server import ChatServer
from tests.faults.runs import HOPS, ids, replies, steps, study
from tests.faults.stand_in import StandIn


@pytest.mark.parametrize("dialect", ["chat", "anthropic"])
def test_a_certificate_nobody_vouches_for_ends_the_run_at_once(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, path = trustme.CA(), tmp_path / "s.db"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ChatServer(StandIn(["accounting"]), 0.0, tls=context) as server:
        with pytest.raises(Denied, match=r"certificate cannot be trusted.*SSL_CERT_FILE"):
            study(path, server.url, dialect)
        assert (server.received, len(steps(path))) == (0, 0)
        bundle = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))  # the way out that the error names
        assert not study(path, server.url, dialect).unfinished
        assert sorted(ids(path)) == sorted(server.sent)


def test_a_name_that_does_not_resolve_stops_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    stopped = study(path, "https://no-such-host.invalid/v1", attempts=2, timeout=5.0)
    (reason,) = stopped.unfinished.values()
    assert reason.startswith("Outage: ")
    assert (len(steps(path)), len(replies(path))) == (0, 0)


def test_a_clock_that_jumps_changes_nothing_but_dates(tmp_path: Path) -> None:
    jumps = itertools.cycle([1.8e9, 0.0, -5.0, 4e9])
    with ChatServer(StandIn(["accounting"]), 0.0) as server:
        study(tmp_path / "calm", server.url)
        study(tmp_path / "jumping", server.url, clock=lambda: next(jumps))
    assert steps(tmp_path / "jumping") == steps(tmp_path / "calm")
    assert replies(tmp_path / "jumping") == replies(tmp_path / "calm")
    with Reader(tmp_path / "jumping") as reader:
        assert len(reader.replies(1)) == HOPS


@pytest.mark.parametrize("ahead", [-86_400.0, 0.0, 86_400.0])
def test_a_date_to_wait_for_is_held_against_the_servers_own_clock(ahead: float) -> None:
    told = {"date": formatdate(1e9 + ahead, usegmt=True), "retry-after": formatdate(1e9 + ahead + 7, usegmt=True)}
    assert retry_after(told) == 7.0
