from collections.abc import Iterator

import pytest

from benchmarks.throughput.serving import Api, serving


@pytest.fixture(scope="package")
def api() -> Iterator[Api]:
    with serving(leads=3_000, campaigns=7, days=10) as running:
        yield running
