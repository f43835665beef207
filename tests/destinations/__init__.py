import pytest

pytest.register_assert_rewrite("tests.destinations.whole_runs")
