"""Clients that are closed after the test that used them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from forgejo_loopback import Visitor, visitor

from forgejo import Forgejo


@pytest.fixture
def visit() -> Iterator[Visitor]:
    """Opens clients with real connections."""
    with contextlib.ExitStack() as clients:

        def opened(url: str, **settings: Any) -> Forgejo:
            return clients.enter_context(visitor(url, **settings))

        yield opened
