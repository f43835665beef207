"""Every answer holds against the schemas that the repository keeps of the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from sandbox import Sandbox
from tests.sandbox.conftest import Client

SCHEMAS = Path(__file__).parents[2] / "sources" / "instantly" / "schemas"


def validator(name: str) -> Validator:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def properties(name: str) -> set[str]:
    return set(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))["properties"])


def check(name: str, rows: list[dict[str, Any]]) -> None:
    assert rows, name
    schema = validator(name)
    for row in rows:
        schema.validate(row)
        assert set(row) <= properties(name), name


@pytest.mark.parametrize(
    ("name", "path"), [("campaign", "/campaigns"), ("workspace_member", "/workspace-members")]
)
def test_lists(demo: Client, name: str, path: str) -> None:
    check(name, demo.walk(path))


def test_workspace(demo: Client) -> None:
    check("workspace", [demo.json("/workspaces/current")])


def test_links_of_an_agency() -> None:
    with Sandbox("agency") as api:
        check("workspace_group_member", Client(api).walk("/workspace-group-members"))


def test_copy(demo: Client) -> None:
    steps = [
        step
        for campaign in demo.walk("/campaigns")
        for sequence in campaign.get("sequences", [])
        for step in sequence["steps"]
    ]
    check("sequence_variant", [variant for step in steps for variant in step["variants"]])


def test_reports(demo: Client) -> None:
    check("campaign_analytics", demo.json("/campaigns/analytics"))
    for campaign in demo.campaigns().values():
        days = demo.json("/campaigns/analytics/daily", campaign_id=campaign)
        if days:
            check("campaign_daily_point", days)
            check("step_variant_analytics", list(demo.steps(campaign).values()))
