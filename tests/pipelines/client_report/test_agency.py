"""The report of one client after a real run over an agency: its numbers, nobody else's bytes."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pypdf import PdfReader

from pipelines.client_report import FORMATS, Brand, Format, read_client_month, rendered
from sandbox import Sandbox
from sandbox.specs import CampaignSpec, WorldSpec
from sandbox.worlds import world
from tests.pipelines.installed_program import PROGRAM

pytestmark = pytest.mark.slow
KEYS = ("northlight", "acme", "globex")
CLIENTS = {"Acme Tools": "workspace", "Client: 'Q4'": "tag"}
ANY_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|%40")


def agency() -> WorldSpec:
    """The agency's world, smaller, every campaign and subject called after its workspace."""
    spaces = []
    for space in world("agency").workspaces:
        if space.key not in KEYS:
            continue
        campaigns = tuple(named(campaign, space.key) for campaign in space.campaigns[:3])
        links = tuple(link for link in space.admin_of if link[0] in KEYS)
        tags = space.tags if space.key == "acme" else tuple(f"{space.key} {t}" for t in space.tags)
        spaces.append(replace(space, campaigns=campaigns, admin_of=links, tags=tags))
    return WorldSpec("agency", tuple(spaces))


def named(campaign: CampaignSpec, key: str) -> CampaignSpec:
    steps = tuple(
        replace(
            step,
            variants=tuple(
                replace(variant, subject=f"{key}-subject {variant.subject}")
                for variant in step.variants
            ),
        )
        for step in campaign.steps
    )
    name = f"{key}-campaign {campaign.name}"
    return replace(campaign, name=name, steps=steps, leads=300, leads_per_day=9)


class Agency:
    """A warehouse that a run has filled, and the reports of its clients."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "warehouse.duckdb"
        self.reports: dict[tuple[str, str], bytes] = {}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            connection.execute("use warehouse.instantly")
            return connection.execute(sql).fetchall()

    def report(self, client: str, format_: Format) -> bytes:
        if (client, format_) not in self.reports:
            month = read_client_month(self.file, client, date(2026, 10, 1))
            self.reports[client, format_] = rendered(month, format_, Brand(), 14)
        return self.reports[client, format_]

    def command(self, *arguments: str, **variables: str) -> bytes:
        ours = ("INSTANTLY_", "WAREHOUSE_", "REPORT_", "PRIVACY_", "LOG_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            cwd=self.file.parent,
            env=clean | {"WAREHOUSE_PATH": str(self.file)} | variables,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    made = Agency(tmp_path_factory.mktemp("agency"))
    with Sandbox(agency(), date=date(2026, 11, 17), rate_limit=None) as api:
        made.command(
            "run",
            "-q",
            INSTANTLY_API_KEY=api.keys["northlight"],
            INSTANTLY_BASE_URL=api.url,
            INSTANTLY_SUB_WORKSPACES="all",
            INSTANTLY_TABLES="core,leads",
            INSTANTLY_REQUESTS_PER_MINUTE="6000",
        )
    return made


def own_campaigns(agency: Agency, client: str) -> dict[str, str]:
    """Id and name of the client's campaigns, asked of the raw tables and not of the marts."""
    where = f"w.name = '{client}'"
    if CLIENTS[client] == "tag":
        label = client.replace("'", "''")
        where = f"""c.id in (select m.resource_id from instantly_raw.custom_tag_mappings m
            join instantly_raw.custom_tags t on t.id = m.tag_id where t.label = '{label}')"""
    return dict(
        agency.ask(f"""
            select distinct c.id, c.name from instantly_raw.campaigns c
            join instantly_raw.workspaces w on w.workspace_id = c.workspace_id where {where}
        """)
    )


def text_of(data: bytes, format_: str) -> str:
    if format_ != "pdf":
        return data.decode()
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize("client", CLIENTS)
def test_numbers_are_those_of_the_facts(filled: Agency, client: str) -> None:
    """Each count of the month, of each campaign, asked for in another way."""
    own = own_campaigns(filled, client)
    assert own
    rows = list(csv.DictReader(io.StringIO(filled.report(client, "csv").decode())))
    ids = ", ".join(f"'{id_}'" for id_ in own)
    facts = filled.ask(f"""
        select d.campaign_name, sum(f.sent), sum(f.replies) - sum(f.replies_automatic),
            sum(f.opened), sum(f.clicks), sum(f.new_leads_contacted)
        from fct_campaign_engagement_daily f join dim_campaigns d using (campaign_id)
        where f.campaign_id in ({ids}) and year(f.date) = 2026 and month(f.date) = 10
        group by rollup (d.campaign_name)
    """)
    assert len(facts) == len(own) + 1
    names = ("sent", "replies_by_people", "opened", "clicks", "new_leads_contacted")
    for campaign, *numbers in facts:
        said = {
            row["metric"]: row["value"]
            for row in rows
            if row["campaign"] == (campaign or "")
            and row["section"] == ("campaign" if campaign else "month")
        }
        tracked = filled.ask(
            f"select bool_and(open_tracking) from dim_campaigns where campaign_id in ({ids})"
            + (f" and campaign_name = '{campaign}'" if campaign else "")
        )[0][0]
        for name, number in zip(names, numbers, strict=True):
            if name != "opened" or tracked:
                assert said[name] == str(number), (campaign, name)
        assert float(said["replies_per_mail"]) == pytest.approx(numbers[1] / numbers[0])
    for campaign, rate, bounced in filled.ask(
        f"select campaign_name, reply_rate, bounced from campaign_performance "
        f"where campaign_id in ({ids})"
    ):
        said = {
            row["metric"]: row["value"]
            for row in rows
            if (row["campaign"], row["section"]) == (campaign, "lifetime")
        }
        assert (float(said["reply_rate"]), said["bounced"]) == (rate, str(bounced))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("client", CLIENTS)
def test_no_byte_is_of_anybody_else(filled: Agency, client: str, format_: Format) -> None:
    data = filled.report(client, format_)
    text = text_of(data, format_)
    own = own_campaigns(filled, client)
    foreign = {
        name
        for pair in filled.ask("select id, name from instantly_raw.campaigns")
        for name in pair
        if pair[0] not in own
    }
    foreign |= {
        name
        for pair in filled.ask("select workspace_id, name from instantly_raw.workspaces")
        for name in pair
        if client not in pair
    } - {client}
    people = filled.ask("""
        select first_name || ' ' || last_name from instantly_raw.leads
        union select email from instantly_raw.leads
        union select email from instantly_raw.accounts
        union select email from instantly_raw.workspace_members
        union select concat(name ->> 'first', ' ', name ->> 'last')
            from instantly_raw.workspace_members
    """)
    persons = {name for (name,) in people if name and len(name) > 3}
    assert len(foreign) > 8
    assert len(persons) > 500
    flat = re.sub(r"\s+", " ", text)
    assert [name for name in foreign | persons if name in flat] == []
    if CLIENTS[client] == "workspace":
        keys = set(KEYS) - {"acme"}
        assert not [key for key in keys if f"{key}-" in flat]
    assert not ANY_ADDRESS.search(text)
    assert any(name in flat for name in own.values())


@pytest.mark.parametrize("client", CLIENTS)
def test_without_the_others_it_is_the_same_to_the_byte(
    filled: Agency, tmp_path: Path, client: str
) -> None:
    """Every row of another client is taken out of every mart: no number can have come from one."""
    own = ", ".join(f"'{id_}'" for id_ in own_campaigns(filled, client))
    alone = Agency(tmp_path)
    alone.file.write_bytes(filled.file.read_bytes())
    with duckdb.connect(str(alone.file)) as connection:
        marts = connection.execute("""
            select table_name, list(column_name) from duckdb_columns()
            where schema_name = 'instantly'
                and table_name in (select table_name from duckdb_tables())
            group by table_name
        """).fetchall()
        for mart, columns in marts:
            if "campaign_id" in columns:
                kept = f"campaign_id in ({own}) or (campaign_id is null and workspace_id in "
                kept += f"(select workspace_id from instantly_raw.campaigns where id in ({own})))"
            elif "workspace_id" in columns:
                kept = "workspace_id in "
                kept += f"(select workspace_id from instantly_raw.campaigns where id in ({own}))"
            else:
                continue
            connection.execute(f"delete from warehouse.instantly.{mart} where not ({kept})")
    for format_ in FORMATS:
        assert alone.report(client, format_) == filled.report(client, format_)
