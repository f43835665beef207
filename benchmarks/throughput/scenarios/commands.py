"""What a person waits for: help, status, a run that finds nothing new, and the marts."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.measuring import PROGRAM
from benchmarks.throughput.contestants import QUIET, product_settings
from benchmarks.throughput.measured import Run, measured, size_of
from benchmarks.throughput.results import Line, interleaved, line
from benchmarks.throughput.scenarios.loading import sized
from benchmarks.throughput.serving import Api, serving

_IMPORTS = [sys.executable, "-c", "import dlt, duckdb, pyarrow"]
_SQL = Path(__file__).parents[1] / "plain_sql.py"
_A_GIGABYTE = 1000.0


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
    with serving(leads=20_000) as api, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "warehouse.duckdb"
        _command(api, file, "sync", "--tables", "leads")
        _fatten(file, leads)
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
    from transforms.dbt import build

    copy = workdir / file.name
    workdir.mkdir()
    shutil.copyfile(file, copy)
    settled = {"settled_after_days": 14, "settled_days_keep": "greatest"}
    build(
        copy,
        workdir=workdir,
        variables=settled,
        environment=dict(os.environ),
        exclude="tag:operations",
    )
    target = workdir / "target"
    order = json.loads((target / "run_results.json").read_text())["results"]
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    return [
        [node["relation_name"] or "", node["config"]["materialized"], node["compiled_code"]]
        for node in (nodes[each["unique_id"]] for each in order if each["unique_id"] in nodes)
        if node.get("compiled_code")
    ]


def _fatten(file: Path, rows: int) -> None:
    """Adds leads of no workspace, of text that cannot be pressed, until the file has a gigabyte."""
    with duckdb.connect(str(file)) as connection:
        while size_of(file) < _A_GIGABYTE:
            noise = " || ".join(["md5(random()::varchar)"] * 20)
            connection.execute(
                f"""
                insert into instantly_raw.leads by name
                select * replace (uuid()::varchar as id, {noise} as personalization)
                from instantly_raw.leads limit {rows // 5}
                """  # noqa: S608 -- nothing of it comes from outside
            )
            connection.execute("checkpoint")
