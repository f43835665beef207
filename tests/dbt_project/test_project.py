"""The project itself: contracts, words for every column, walls, and SQL that other engines read."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project import raw_warehouse
from transforms.dbt import build

PROJECT = Path(__file__).parents[2] / "dbt_project"
LAYERS = ("staging", "intermediate", "marts")


def models(manifest: dict[str, Any], layer: str) -> list[dict[str, Any]]:
    nodes = manifest["nodes"].values()
    return [n for n in nodes if n["resource_type"] == "model" and n["fqn"][1] == layer]


def built_models(manifest: dict[str, Any], built: Path, layer: str) -> list[dict[str, Any]]:
    """The models of a layer that these tests built: all but those after the judgement."""
    results = json.loads((built / "work" / "target" / "run_results.json").read_text())["results"]
    made = {result["unique_id"] for result in results}
    return [node for node in models(manifest, layer) if node["unique_id"] in made]


def parents(manifest: dict[str, Any], node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind or layer of each parent, and its name."""
    for unique_id in node["depends_on"]["nodes"]:
        kind, *_, name = unique_id.split(".")
        yield (kind if kind != "model" else manifest["nodes"][unique_id]["fqn"][1]), name


def test_every_model_and_column_is_described(manifest: dict[str, Any]) -> None:
    silent = [
        f"{node['name']}.{column}"
        for layer in LAYERS
        for node in models(manifest, layer)
        for column, words in {"": node, **node["columns"]}.items()
        if len(words["description"].strip()) < 3
    ]
    assert silent == []


def test_described_columns_are_the_columns(manifest: dict[str, Any], built: Path) -> None:
    with duckdb.connect(str(built / "instantly.duckdb"), read_only=True) as connection:
        for layer in LAYERS:
            for node in built_models(manifest, built, layer):
                place = f"instantly.{node['schema']}.{node['name']}"
                found = connection.execute(f"describe {place}").fetchall()
                assert [row[0] for row in found] == list(node["columns"]), node["name"]


def test_every_mart_has_an_enforced_contract(manifest: dict[str, Any]) -> None:
    marts = models(manifest, "marts")
    assert len(marts) >= 17
    assert [m["name"] for m in marts if not m["config"]["contract"]["enforced"]] == []
    assert {m["schema"] for m in marts} == {"instantly"}


def test_only_staging_reads_raw_tables(manifest: dict[str, Any]) -> None:
    for layer in ("intermediate", "marts"):
        for node in models(manifest, layer):
            assert "source" not in dict(parents(manifest, node)), node["name"]
    for node in models(manifest, "staging"):
        assert [kind for kind, _ in parents(manifest, node)] == ["source"], node["name"]


def test_no_layer_reads_a_later_one(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "intermediate"):
        assert "marts" not in dict(parents(manifest, node)), node["name"]


def test_every_raw_table_is_a_source_with_its_staging_model(manifest: dict[str, Any]) -> None:
    sources = {s["name"] for s in manifest["sources"].values() if s["schema"] == "instantly_raw"}
    staged = {m["name"].removeprefix("stg_instantly__") for m in models(manifest, "staging")}
    assert sources == set(raw_warehouse.tables())
    assert sources <= staged


def test_one_yml_per_model_with_its_name(manifest: dict[str, Any]) -> None:
    for layer in LAYERS:
        for node in models(manifest, layer):
            assert Path(node["patch_path"].split("://")[1]).stem == node["name"]


def test_every_model_has_its_key_tested(manifest: dict[str, Any]) -> None:
    tested = {
        name
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "valid_grain"
        for _, name in parents(manifest, node)
    }
    expected = {m["name"] for layer in ("staging", "marts") for m in models(manifest, layer)}
    assert expected - tested == {"stg_instantly__sync_runs"}, "its key is tested in sync_status"


def test_performance_marts_carry_the_same_measures(manifest: dict[str, Any]) -> None:
    """All but that of mailboxes: it holds only what adds up over days."""
    measured = {
        m["name"]: list(m["columns"])[list(m["columns"]).index("contacted") :]
        for m in models(manifest, "marts")
        if m["name"].endswith("_performance") and m["name"] != "account_performance"
    }
    assert len(measured) == 8
    assert len({tuple(columns) for columns in measured.values()}) == 1


@pytest.mark.parametrize("pattern", [r"::", r"\bqualify\b", r"\bexclude\s*\(", r"\bilike\b"])
def test_no_dialect_tricks(pattern: str) -> None:
    files = [*PROJECT.rglob("*.sql")]
    assert len(files) > 30
    found = [f.name for f in files if re.search(pattern, _code(f), re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize(
    "word", ["adapter.", "target.type", "at time zone", "json_", "try_cast", "dbt.date", "listagg"]
)
def test_models_know_no_engine(word: str) -> None:
    """What engines spell differently is asked of `macros/dialects`, by questions."""
    questions = ("json_text", "json_set", "json_whole", "json_number")
    dialects = PROJECT / "macros" / "dialects"
    ours = ("contracts.sql", "relations.sql")  # dbt's own macros, made to ask
    files = [f for f in PROJECT.rglob("*.sql") if dialects not in f.parents and f.name not in ours]
    assert len(files) > 100
    found = {f.name for f in files if word in re.sub("|".join(questions), "", _code(f))}
    assert found - {"stg_instantly__emails.sql"} == set(), "attachment_json is a column"


def _code(file: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_a_copy_under_another_name_still_opens(built: Path, tmp_path: Path) -> None:
    """DuckDB calls the catalog after the file; views that named it would break here."""
    copy = tmp_path / "renamed.duckdb"
    shutil.copyfile(built / "instantly.duckdb", copy)
    with duckdb.connect(str(copy), read_only=True) as connection:
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        assert len(views) > 10
        for (view,) in views:
            connection.execute(f"select * from {view} limit 1")


def test_marts_are_alone_in_their_schema(manifest: dict[str, Any], built: Path) -> None:
    with duckdb.connect(str(built / "instantly.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'instantly'"
        ).fetchall()
    marts = built_models(manifest, built, "marts")
    assert {name for (name,) in found} == {m["name"] for m in marts}


def test_readers_find_the_words_in_the_database(built: Path) -> None:
    with duckdb.connect(str(built / "instantly.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select count(*) from duckdb_columns()"
            " where schema_name = 'instantly' and coalesce(comment, '') = ''"
        ).fetchone()
    assert found == (0,)


@pytest.mark.slow
def test_what_is_there_is_replaced_whatever_it_is(built: Path, tmp_path: Path) -> None:
    file = tmp_path / "instantly.duckdb"
    shutil.copyfile(built / "instantly.duckdb", file)
    kinds = """
        select table_name, table_type, count(*) from information_schema.tables
        join information_schema.columns using (table_schema, table_name)
        where table_name in ('dim_workspaces', 'stg_instantly__workspaces') group by all order by 1
    """
    with duckdb.connect(str(file)) as connection:
        before = connection.execute(kinds).fetchall()
        connection.execute("drop table instantly.instantly.dim_workspaces")
        connection.execute("create view instantly.instantly.dim_workspaces as select 1 as old")
        connection.execute("drop view instantly_staging.stg_instantly__workspaces")
        connection.execute("create table instantly_staging.stg_instantly__workspaces (old int)")
        assert connection.execute(kinds).fetchall() != before
    build(
        file,
        workdir=tmp_path / "work",
        variables={"settled_after_days": 14, "settled_days_keep": "greatest"},
        environment=os.environ,
        select="dim_workspaces stg_instantly__workspaces",
    )
    with duckdb.connect(str(file)) as connection:
        assert connection.execute(kinds).fetchall() == before
