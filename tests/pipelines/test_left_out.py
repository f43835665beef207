"""What loads does without pandas and SQLAlchemy; what judges afterwards has them."""

import subprocess
import sys

LOADING_AND_JUDGING = """
import sys
import duckdb, pyarrow as pa
from datetime import UTC, date, datetime
from pipelines.left_out import LEFT_OUT, left_out

connection = duckdb.connect()
with left_out():
    table = pa.Table.from_pylist([{"day": date(2026, 11, 17), "name": None, "n": 1}])
    at = datetime(2026, 11, 17, tzinfo=UTC)
    found = connection.execute("select ?, ?, ?", [1, "a", at]).fetchall()
    from dlt.common.libs.sql_alchemy_compat import make_url
    assert found[0][:2] == (1, "a") and found[0][2] == at
    assert make_url("duckdb:///x.duckdb").database == "x.duckdb"
    assert not LEFT_OUT & sys.modules.keys()

frame = table.to_pandas(date_as_object=False)
import pandas as pd
assert pa.Table.from_pandas(frame, preserve_index=False).num_rows == 1
assert pa.array(pd.Series(pd.Categorical(["a"]))).to_pylist() == ["a"]
assert connection.execute("select ? as n", [5]).df().n[0] == 5
with left_out():
    import pandas
"""


def test_libraries_that_load_do_without_and_find_them_again_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADING_AND_JUDGING], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
