"""The page about loading says what the endpoint table says, and no place of a table is empty."""

import re
from pathlib import Path

import pytest

import sources.instantly
from pipelines.settings import Settings
from sandbox.entities import OPERATIONS
from sources.instantly import BY_TABLE, ENDPOINTS, Endpoint, Tier, select_tables
from sources.instantly.endpoint import Way, When

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
SCHEMAS = ROOT / "sources" / "instantly" / "schemas"
ANSWERED = {operation.name for operation in OPERATIONS}
PAGE = (ROOT / "docs" / "loading.md").read_text("utf-8")


def lines() -> dict[str, list[str]]:
    """The cells of the table of tables, by table name."""
    section = PAGE.split("<!-- tables:")[1].split("## What a run")[0]
    rows = [row.strip(" |").split(" | ") for row in section.splitlines() if row.startswith("| `")]
    return {row[0].strip("`"): row for row in rows}


def reading(endpoint: Endpoint) -> str:
    """When, and for what, a table is read; in the words of the page."""
    if endpoint.source:
        return f"with `{endpoint.source}`"
    if endpoint.way is Way.CHILDREN and endpoint.parent:
        return {
            When.EVERY_RUN: f"for each of `{endpoint.parent.table}`",
            When.MOVED: f"for each of `{endpoint.parent.table}` that moved",
            When.SLOW_CLOCK: f"for new `{endpoint.parent.table}`, for all on the slow clock",
        }[endpoint.when]
    if endpoint.way is Way.EVENTS and endpoint.days:
        return f"new days, and {endpoint.days.again} before them again"
    if endpoint.way is Way.ACCOUNT_DAYS and endpoint.days:
        return f"the last {endpoint.days.again + 1} days"
    if endpoint.way is Way.LISTING and endpoint.when is When.SLOW_CLOCK:
        return "new ones, all on the slow clock"
    return {
        Way.LISTING: "all",
        Way.REPORTS: "what moved",
        Way.LEADS: "what moved, all on the slow clock",
        Way.EMAILS: "new ones, and a day before them again",
    }[endpoint.way]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_every_table_is_described_as_it_is_declared(endpoint: Endpoint) -> None:
    kept = endpoint.load.name.lower()
    scope = f"`{endpoint.scope}`" if endpoint.scope else "none listed"

    assert lines()[endpoint.table] == [
        f"`{endpoint.table}`",
        endpoint.grain,
        ", ".join(f"`{column}`" for column in endpoint.key),
        kept,
        reading(endpoint),
        f"`{endpoint.operation}`",
        scope,
    ]


def test_no_table_is_described_that_is_not_declared() -> None:
    assert lines().keys() == {endpoint.table for endpoint in ENDPOINTS}


def test_every_table_stands_with_its_tier() -> None:
    section = PAGE.split("<!-- tables:")[1].split("## What a run")[0]
    for tier in section.split("### ")[1:]:
        named = re.findall(r"^\| `(\w+)` \|", tier, re.MULTILINE)
        assert [BY_TABLE[table].tier.value for table in named] == [tier.split("\n")[0]] * len(named)


def test_the_package_lists_its_tables() -> None:
    listed = re.findall(r"^    (\w+)  +(\S.+)$", str(sources.instantly.__doc__), re.MULTILINE)
    declared = [(endpoint.table, endpoint.grain) for endpoint in ENDPOINTS]

    assert listed == declared


def test_what_is_left_out_stands_with_its_reason() -> None:
    section = PAGE.split("## What stands in no table")[1].split("## ")[0]
    for endpoint in ENDPOINTS:
        for member, _ in endpoint.left_out:
            assert f"`{endpoint.table}.{member}`" in section


def places(endpoint: Endpoint) -> dict[str, bool]:
    """Where a table has to be, beside the endpoint table, and whether it is there."""
    staging = MODELS / "staging" / endpoint.tier.value / f"stg_instantly__{endpoint.table}"
    sandbox = "".join(path.read_text() for path in (ROOT / "tests" / "sandbox").glob("*.py"))
    sources = (MODELS / "sources" / "instantly_raw.yml").read_text()
    return {
        f"schemas/{endpoint.entity}.json": (SCHEMAS / f"{endpoint.entity}.json").exists(),
        f"the sandbox's answer to {endpoint.operation}": endpoint.operation in ANSWERED,
        f"a check of {endpoint.entity} in tests/sandbox": f'"{endpoint.entity}"' in sandbox,
        "a source in instantly_raw.yml": f"- name: {endpoint.table}\n" in sources,
        f"{staging.name}.sql": staging.with_suffix(".sql").exists(),
        f"{staging.name}.yml": staging.with_suffix(".yml").exists(),
        "a line in docs/loading.md": endpoint.table in lines(),
        "a tier that INSTANTLY_TABLES takes": endpoint.table in select_tables(endpoint.tier.value),
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.table)
def test_nothing_of_a_table_was_forgotten(endpoint: Endpoint) -> None:
    assert [place for place, is_there in places(endpoint).items() if not is_there] == []


def test_nothing_is_left_of_a_table_that_is_gone() -> None:
    staged = {
        path.stem.removeprefix("stg_instantly__")
        for tier in Tier
        for path in (MODELS / "staging" / tier.value).glob("*.sql")
    }
    named = re.findall(
        r"^      - name: (\w+)$", (MODELS / "sources/instantly_raw.yml").read_text(), re.M
    )

    assert staged - {"sync_runs", "quarantine"} == set(BY_TABLE)
    assert set(named) - {"sync_runs", "quarantine"} == set(BY_TABLE)


def test_the_default_tables_are_those_of_the_page() -> None:
    default = Settings.model_fields["tables"].default
    written = re.search(r"^INSTANTLY_TABLES=(.+)$", (ROOT / ".env.example").read_text(), re.M)
    also = PAGE.split("### people")[1].split("On by default: ")[1].split(";")[0]

    assert written
    assert written[1] == default
    assert default.split(",") == ["core", *re.findall(r"`(\w+)`", also)]
    assert set(select_tables(default)) >= {e.table for e in ENDPOINTS if e.tier is Tier.CORE}
