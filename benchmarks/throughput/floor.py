"""The least that copying leads into a DuckDB file takes; what the product is measured against.

    12 threads   http.client, keep-alive ──→ msgspec structs ──→ Arrow, 20,000 leads a table
    one thread   MERGE of each table, all of them in one transaction

    python benchmarks/throughput/floor.py --url … --file floor.duckdb [--rate 99] [--chains 12]

It promises nothing: no retries, no check of an envelope, no history, no lock, no quarantine, no
second file that is swapped in; columns are known beforehand, and so is that a page is a page. It is
as fast as straightforward Python with compiled libraries gets here, and no faster: an INSERT
instead of the MERGE takes 0.85 of it, but cannot be run twice.
"""

import argparse
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Queue
from urllib.parse import urlsplit

import duckdb
import msgspec
import pyarrow as pa

ROWS_A_TABLE = 20_000
Tables = Queue[pa.Table | None]
"""Tables as they come, and None behind the last."""

_PLACES = ("email_opened", "email_replied", "email_clicked")
_TYPES: dict[type, tuple[tuple[str, ...], pa.DataType]] = {
    str: (
        (
            *("id", "organization", "campaign", "email", "personalization", "website"),
            *("last_name", "first_name", "company_name", "job_title", "phone", "company_domain"),
            *("last_step_from", "last_step_id", "subsequence_id", "pl_value_lead", "list_id"),
            *("last_contacted_from", "uploaded_by_user", "upload_method", "assigned_to"),
        ),
        pa.string(),
    ),
    int: (
        (
            *("status", "verification_status", "enrichment_status", "esp_code", "esg_code"),
            *("email_open_count", "email_reply_count", "email_click_count", "lt_interest_status"),
            *(f"{event}_{place}" for event in _PLACES for place in ("step", "variant")),
        ),
        pa.int64(),
    ),
    bool: (("is_website_visitor",), pa.bool_()),
    msgspec.Raw: (("status_summary", "payload", "status_summary_subseq"), pa.string()),
}
_TIMES = (
    *("timestamp_created", "timestamp_updated", "timestamp_added_subsequence"),
    *("timestamp_last_contact", "timestamp_last_open", "timestamp_last_reply"),
    *("timestamp_last_interest_change", "timestamp_last_click", "timestamp_last_touch"),
    "last_step_timestamp_executed",
)
_MOVING = (*(name for name in _TIMES if "last" in name), "email_open_count", "status")
"""A stored lead is written again when one of these differs."""

_KINDS = {name: (kind, arrow) for kind, (names, arrow) in _TYPES.items() for name in names}
_KINDS |= {name: (str, pa.timestamp("us", "UTC")) for name in _TIMES}
Lead = msgspec.defstruct(
    "Lead",
    [
        (name, kind, kind()) if kind is msgspec.Raw else (name, kind | None, None)
        for name, (kind, _) in _KINDS.items()
    ],
    gc=False,
)


class _Page(msgspec.Struct, gc=False):
    items: list[Lead]  # ty: ignore[invalid-type-form] -- made of the names above
    next_starting_after: str | None = None


@dataclass(slots=True)
class Turns:
    """Lets so many requests a second go, evenly; all of them at once when it is 0."""

    rate: float
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        """Waits for a turn."""
        if not self.rate:
            return
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + 1 / self.rate
        time.sleep(max(0.0, turn - time.monotonic()))


@dataclass(slots=True)
class Api:
    """The API as one thread sees it: one connection, kept open."""

    url: str
    key: str
    turns: Turns
    _kept: threading.local = field(default_factory=threading.local)

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of an answer; a refused request (429) is asked again."""
        while True:
            self.turns.take()
            connection = self._connection()
            headers = {"Authorization": f"Bearer {self.key}", "User-Agent": "floor/1"}
            connection.request(method, f"/api/v2{path}", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == 200:
                return said
            if answer.status != 429:
                raise RuntimeError(f"{method} {path}: {answer.status} {said[:200]!r}")
            time.sleep(0.2)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._kept, "connection"):
            host = urlsplit(self.url).netloc
            self._kept.connection = http.client.HTTPConnection(host, timeout=60)
        return self._kept.connection


def main() -> None:
    """Copy, and say how many."""
    parser = argparse.ArgumentParser(prog="floor.py")
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", default="invented-1")
    parser.add_argument("--file", required=True)
    parser.add_argument("--chains", type=int, default=12)
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second; 0: no pace")
    chosen = parser.parse_args()
    api = Api(chosen.url, chosen.key, Turns(chosen.rate))
    tables: Tables = Queue(maxsize=2)  # reading waits for loading, or memory would grow
    with duckdb.connect(chosen.file) as connection, ThreadPoolExecutor(1) as beside:
        reading = beside.submit(_read, api, chosen.chains, tables)
        print(f"{_load(connection, _arriving(tables, reading))} leads read")


def _arriving(tables: Tables, reading: Future[None]) -> Iterator[pa.Table]:
    yield from iter(tables.get, None)
    reading.result()  # raises what ended it before its time


def _read(api: Api, chains: int, tables: Tables) -> None:
    """Walks every campaign, some side by side; None follows the last table."""
    waiting: list[list[Lead]] = []  # ty: ignore[invalid-type-form]
    lock = threading.Lock()
    decode = msgspec.json.Decoder(_Page).decode

    def walk(campaign: str) -> None:
        asked = {"limit": 100, "campaign": campaign}
        while True:
            page = decode(api.ask("POST", "/leads/list", json.dumps(asked).encode()))
            with lock:
                waiting.extend([page.items] if page.items else [])
                is_full = sum(map(len, waiting)) >= ROWS_A_TABLE
                full = waiting[:] if is_full else []
                if is_full:
                    waiting.clear()
            if full:
                tables.put(_table(full))
            if not page.next_starting_after:
                return
            asked["starting_after"] = page.next_starting_after

    try:
        with ThreadPoolExecutor(chains) as executor:
            for _ in executor.map(walk, _campaigns(api)):
                pass
        if waiting:
            tables.put(_table(waiting))
    finally:
        tables.put(None)


def _campaigns(api: Api) -> Iterator[str]:
    cursor = ""
    while True:
        after = f"&starting_after={cursor}" if cursor else ""
        page = json.loads(api.ask("GET", f"/campaigns?limit=100{after}"))
        yield from (campaign["id"] for campaign in page["items"])
        cursor = page.get("next_starting_after")
        if not cursor:
            return


def _table(pages: list[list[Lead]]) -> pa.Table:  # ty: ignore[invalid-type-form]
    rows = map(msgspec.structs.astuple, itertools.chain.from_iterable(pages))
    arrays = []
    for (kind, arrow), values in zip(_KINDS.values(), zip(*rows, strict=True), strict=True):
        if kind is msgspec.Raw:
            arrays.append(pa.array([_text(value) for value in values], arrow))
        elif pa.types.is_timestamp(arrow):
            arrays.append(pa.array(values, pa.string()).cast(arrow))
        else:
            arrays.append(pa.array(values, arrow))
    return pa.Table.from_arrays(arrays, names=list(_KINDS))


def _text(value: msgspec.Raw) -> str | None:
    text = str(memoryview(value), "utf-8")
    return None if text in ("", "null") else text


def _load(connection: duckdb.DuckDBPyConnection, tables: Iterator[pa.Table]) -> int:
    sql = {pa.string(): "varchar", pa.int64(): "bigint", pa.bool_(): "boolean"}
    columns = [f"{name} {sql.get(arrow, 'timestamptz')}" for name, (_, arrow) in _KINDS.items()]
    connection.execute(f"create table if not exists leads ({', '.join(columns)})")
    moved = " or ".join(f"held.{name} is distinct from leads_read.{name}" for name in _MOVING)
    connection.execute("begin")
    count = 0
    for table in tables:
        connection.register("leads_read", table)
        connection.execute(
            f"""
            merge into leads as held using leads_read on held.id = leads_read.id
            when matched and ({moved}) then update
            when not matched then insert
            """
        )
        count += table.num_rows
    connection.execute("commit")
    return count


if __name__ == "__main__":
    main()
