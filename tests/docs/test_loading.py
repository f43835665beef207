"""The page about loading says what the endpoint table says."""

import re
from pathlib import Path

import pytest

from sources.instantly import ENDPOINTS, Load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "loading.md").read_text("utf-8")


def lines() -> dict[str, list[str]]:
    """The cells of the table of tables, by table name."""
    section = PAGE.split("<!-- tables:")[1].split("## ")[0]
    rows = [row.strip(" |").split(" | ") for row in section.splitlines() if row.startswith("| `")]
    return {row[0].strip("`"): row for row in rows}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_every_table_is_described_as_it_is_declared(endpoint) -> None:
    kept = "versions" if endpoint.load is Load.VERSIONS else "observations"
    scope = f"`{endpoint.scope}`" if endpoint.scope else "none listed"

    assert lines()[endpoint.table] == [
        f"`{endpoint.table}`",
        endpoint.grain,
        ", ".join(f"`{column}`" for column in endpoint.key),
        kept,
        f"`{endpoint.operation}`",
        scope,
    ]


def test_no_table_is_described_that_is_not_declared() -> None:
    assert lines().keys() == {endpoint.table for endpoint in ENDPOINTS}


def test_what_is_left_out_stands_with_its_reason() -> None:
    section = PAGE.split("## What stands in no table")[1].split("## ")[0]
    for endpoint in ENDPOINTS:
        for member, _ in endpoint.left_out:
            assert f"`{endpoint.table}.{member}`" in section


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_every_table_has_its_source_and_its_staging_model(endpoint) -> None:
    models = ROOT / "dbt_project" / "models"
    staging = models / "staging" / f"stg_instantly__{endpoint.table}.sql"

    assert re.search(
        rf"- name: {endpoint.table}\n", (models / "sources/instantly_raw.yml").read_text()
    )
    assert staging.exists()
    assert staging.with_suffix(".yml").exists()
