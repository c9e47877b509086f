"""What all tests share: hypothesis does not judge a loaded machine, the keys file of whoever runs them is not
theirs, and the longest tests begin first, so that no worker is left alone with one at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture(autouse=True, scope="session")
def no_keys_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    empty = tmp_path_factory.mktemp("keys") / "keys.toml"
    empty.touch(mode=0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "PALIMPSEST_KEYS", str(empty))
        yield
