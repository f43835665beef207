"""What may lie at the path instead of a good warehouse: each is a page that says what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.dashboard.conftest import Site
from tests.dashboard.marts import small_world, write
from tests.dashboard.test_pages import text_of
from tests.pipelines.test_warehouse_file import newer_version

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"


def made(path: Path, sql: str) -> None:
    """Puts a DuckDB file there that some statements made."""
    draft = path.with_name("draft")
    with duckdb.connect(str(draft)) as connection:
        connection.execute(sql)
    draft.replace(path)


def of_sqlite(path: Path) -> None:
    draft = path.with_name("draft")
    connection = sqlite3.connect(draft)
    connection.execute("create table campaigns (id text)")
    connection.commit()
    connection.close()
    draft.replace(path)


def spoilt(how: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A good file with its bytes changed."""

    def put(path: Path) -> None:
        draft = path.with_name("draft")
        draft.write_bytes(how(write(path, small_world()).read_bytes()))
        draft.replace(path)

    return put


def spoil_a_block_of(path: Path, mart: str) -> None:
    """Zeros in a block that holds rows of this mart and nothing that opening the file reads."""
    content, block, draft = path.read_bytes(), 262_144, path.with_name("draft")
    for start in range(len(content) - block, 0, -block):
        draft.write_bytes(content[:start] + bytes(4096) + content[start + 4096 :])
        try:
            with duckdb.connect(str(draft), read_only=True) as connection:
                connection.execute("from instantly.reconciliation").fetchall()
                connection.execute("from instantly.warehouse_info").fetchall()
                try:
                    connection.execute(f"from instantly.{mart}").fetchall()
                except duckdb.Error:
                    draft.replace(path)
                    return
        except duckdb.Error:
            continue
    raise AssertionError(f"no block is of {mart} alone")


STATES: tuple[tuple[Callable[[Path], None], str, str], ...] = (
    (lambda path: made(path, "create schema instantly_raw"),
     "The marts are not built yet", "Run instantly-warehouse transform"),
    (lambda path: made(path, "create table orders as select 1 as id"),
     "This is somebody else's file", "Correct WAREHOUSE_PATH"),
    (of_sqlite, "The warehouse cannot be read", "is a file of SQLite, not of DuckDB. Restore it"),
    (spoilt(lambda content: content[: len(content) // 2]),
     "The warehouse cannot be read", "is cut short. Restore it from a backup"),
    (spoilt(newer_version),
     "The warehouse cannot be read", "a newer DuckDB than this program reads. Update"),
    (Path.unlink, "No warehouse here yet", "instantly-warehouse run makes it"),
    (Path.mkdir, "The warehouse cannot be read", "is a folder, not a file. Write a file name"),
)  # fmt: skip


def test_an_open_page_says_what_became_of_its_file(clean: Site) -> None:
    """One tab, in which one file after the other turns up, until a run puts a good one there."""
    page = clean.visit("/campaigns")
    for put, title, todo in STATES:
        put(clean.warehouse)
        page.wait_for_selector(f"h1:has-text({title!r})")
        page.wait_for_selector(f".stMain >> text={todo}")
        assert page.locator(".stException").count() == 0
    clean.warehouse.rmdir()
    write(clean.warehouse, small_world())
    clean.arrive(page, "Campaigns")
    assert "5,123" in text_of(page)


def test_a_file_that_somebody_writes_to_comes_back_by_itself(clean: Site) -> None:
    """Nothing about the file changes when a lock on it goes."""
    write(clean.warehouse, small_world())
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(clean.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        page = clean.visit("/people")
        assert "is open for writing in another program" in text_of(page)
        assert "Close that program" in text_of(page)
        holder.kill()
    clean.arrive(page, "People")
    assert "Eve <script>" in text_of(page)


def test_a_spoilt_block_costs_the_part_that_reads_it(clean: Site) -> None:
    """DuckDB meets it only there: the file opens, and the rest of the page is shown."""
    path = write(clean.warehouse, small_world())
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into instantly.restatements (workspace_id, campaign_id, metric, kept) "
            "select md5(i::text), md5((-i)::text), md5((i * 7)::text), 'new' "
            "from range(90_000) r(i)"
        )
    spoil_a_block_of(path, "restatements")

    trust = text_of(clean.visit("/trust"))

    assert "is corrupt: a checksum does not match. Restore it from a backup" in trust
    assert "run-1" in trust
    assert "variants against totals" in trust
