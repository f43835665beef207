"""The notebook runs from top to bottom on a warehouse, draws, and is kept without its outputs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOK = FOLDER / "weekly-review.ipynb"
NAMES = """
    select campaign_name from instantly.campaign_performance
    where reply_rate is not null and not is_deleted
"""


@pytest.mark.slow
def test_it_runs_and_draws(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="`make test` installs what notebooks need")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("altair")
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    book = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(FOLDER)}}

    nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources=place).execute()

    shown = [output["data"] for cell in book.cells for output in cell.get("outputs", [])]
    pictures = [data["image/svg+xml"] for data in shown if "image/svg+xml" in data]
    tables = "".join(data.get("text/html", "") for data in shown)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.execute(NAMES).fetchall()
    assert len(pictures) == 2
    assert all(name in pictures[0] for (name,) in names)
    assert "A beats B." in tables
    assert not any("<script" in data.get("text/html", "") for data in shown)


def test_it_is_kept_without_outputs() -> None:
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]

    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
