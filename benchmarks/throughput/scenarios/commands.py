"""What a person waits for: help, status, a run that finds nothing new, and the marts."""

import json
import os
import shutil
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.measuring import PROGRAM
from benchmarks.throughput.contestants import QUIET, product_settings
from benchmarks.throughput.measured import Run, measured, size_of
from benchmarks.throughput.results import Line, interleaved, line
from benchmarks.throughput.scenarios.loading import sized
from benchmarks.throughput.serving import Api, serving

_IMPORTS = [sys.executable, "-c", "import dlt, duckdb, pyarrow"]
_SQL = Path(__file__).parents[1] / "plain_sql.py"
_A_GIGABYTE = 1000.0
_NOISE, _AT_ONCE = 60_000, 1_000
"""Bytes of noise in a lead, and leads that are copied at once, until a file has that size."""


def nothing_new(leads: int, rounds: int) -> Iterator[Line]:
    """A run after which nothing is different, beside the imports that it cannot do without."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "warehouse.duckdb"
        _command(api, file, "run", "--tables", "core,leads")
        runs = interleaved(
            rounds,
            [
                lambda: measured("imports alone", _IMPORTS, folder=folder),
                lambda: _command(api, file, "sync", "--tables", "leads"),
                lambda: _command(api, file, "run", "--tables", "core,leads"),
            ],
        )
    yield line("nothing-new", sized(leads), runs, {"leads": leads})


def transform(leads: int, rounds: int) -> Iterator[Line]:
    """The marts built again, beside the same SQL on one connection."""
    with serving(leads=leads) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "warehouse.duckdb"
        _command(api, file, "run", "--tables", "core,leads")
        sql = folder / "compiled.json"
        sql.write_text(json.dumps(_compiled(file, folder / "dbt")))
        plain = folder / "plain" / file.name
        plain.parent.mkdir()
        shutil.copyfile(file, plain)
        runs = interleaved(
            rounds,
            [
                lambda: measured(
                    "the SQL alone",
                    [sys.executable, str(_SQL), str(plain), str(sql)],
                    folder=folder,
                ),
                lambda: _command(api, file, "transform"),
            ],
        )
    yield line("transform", sized(leads), runs, {"leads": leads})


def answers(leads: int, rounds: int) -> Iterator[Line]:
    """`--help`, and `status` on a file of a gigabyte."""
    with serving(leads=min(leads, 20_000)) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "warehouse.duckdb"
        _command(api, file, "sync", "--tables", "leads")
        _fatten(file)
        size = size_of(file)
        runs = interleaved(
            rounds,
            [
                lambda: measured("Python alone", [sys.executable, "-c", ""], folder=folder),
                lambda: measured("--help", [str(PROGRAM), "--help"], folder=folder),
                lambda: _command(api, file, "status"),
            ],
        )
    yield line("answers", f"{size:,.0f} MB", runs, {"file": size})


def _command(api: Api, file: Path, *words: str) -> Run:
    api.reset()
    quiet = ("--quiet",) if words[0] != "status" else ()
    run = measured(
        words[0],
        [str(PROGRAM), *quiet, *words],
        folder=file.parent,
        environment={**QUIET, **product_settings(api, file)},
    )
    run.requests, run.file = api.counts()["requests"], size_of(file)
    return run


def _compiled(file: Path, workdir: Path) -> list[list[str]]:
    """Every node of a build as dbt ran it: name, what it becomes, SQL; in the order of dbt."""
    from transforms.dbt import build, parse

    copy = workdir / file.name
    workdir.mkdir()
    shutil.copyfile(file, copy)
    settled = {"settled_after_days": 14, "settled_days_keep": "greatest"}
    quiet = dict(os.environ)
    build(copy, workdir=workdir, variables=settled, environment=quiet, exclude="tag:operations")
    order = json.loads((workdir / "target" / "run_results.json").read_text())["results"]
    nodes = parse(workdir, environment=quiet)["nodes"]
    return [
        [
            each["relation_name"] or "",
            nodes[each["unique_id"]]["config"]["materialized"],
            each["compiled_code"],
        ]
        for each in order
        if each["unique_id"] in nodes and each.get("compiled_code")
    ]


def _fatten(file: Path) -> None:
    """Copies leads under other ids, with long texts as they come, until the file has a gigabyte.

    Short texts, or an attempt to press them, would take minutes.
    """
    more = """
        insert into instantly_raw.leads by name
        select * exclude (noise) replace (uuid()::varchar as id, noise as personalization)
        from (from instantly_raw.leads limit ?) positional join noises
    """
    with duckdb.connect(str(file)) as connection:
        connection.execute("set force_compression = 'uncompressed'")
        while size_of(file) < _A_GIGABYTE:
            noise = [b64encode(os.urandom(_NOISE)).decode() for _ in range(_AT_ONCE)]
            connection.register("noises", pa.table({"noise": noise}))
            connection.execute(more, [_AT_ONCE])
            connection.execute("checkpoint")
