"""A real PostgreSQL for the tests, started by them and gone with them (`chaos.server`).

def test_it(postgres):                       the server, one for all tests of a process
    with_warehouse = postgres.database()     the same server, an empty database of its own
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.server import PostgresServer, binaries, started


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server with an empty database; skips where no PostgreSQL is installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here (Debian: apt install postgresql)")
    with started(programs) as cluster:
        yield cluster.server
