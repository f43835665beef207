"""The A/B lines of every campaign and step, read from the marts into plain values.

    campaign_performance ─┐
    step_performance     ─┼─> read_report() ─> Report ─> pipelines.report_formats
    variant_performance  ─┤
    variant_verdicts     ─┤  (when it exists)
    campaign_tags        ─┘  (when campaigns are chosen by a tag)

Nothing is computed here: rates and intervals come out of the marts as they are, so that terminal,
dashboard and SQL cannot disagree. A rate that is None is unknown (nothing sent, tracking off),
never zero. Rendering stands in its own module; this one can be tested without a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from pipelines.errors import ConfigurationError, RunFailedError
from pipelines.text import one_line
from pipelines.warehouse_file import has_table, open_marts, refuse_missing, text

if TYPE_CHECKING:
    import duckdb

    from pipelines.destinations import Place

MARTS = ("dim_workspaces", "campaign_performance", "step_performance", "variant_performance")
TAGS = "campaign_tags"


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign, lifetime. `reply_rate` per mail sent, `lead_reply_rate` per lead contacted."""

    workspace_id: str
    workspace_name: str | None
    campaign_id: str
    campaign_name: str | None
    status_name: str | None
    is_deleted: bool
    contacted: int | None
    sent: int | None
    unique_replies: int | None
    reply_rate: float | None
    reply_rate_low: float | None
    reply_rate_high: float | None
    lead_reply_rate: float | None
    open_rate: float | None
    click_rate: float | None
    positive_rate: float | None
    bounce_rate: float | None


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a campaign, lifetime; step −1 gathers mail that belongs to no step."""

    workspace_id: str
    campaign_id: str
    step: int
    step_number: int | None
    is_attributed: bool
    sent: int | None
    unique_replies: int | None
    reply_rate: float | None
    reply_rate_low: float | None
    reply_rate_high: float | None


@dataclass(frozen=True, slots=True)
class VariantLine:
    """One variant of a step, lifetime, with its current or last known subject."""

    workspace_id: str
    campaign_id: str
    step: int
    step_number: int | None
    variant: int
    variant_label: str
    is_attributed: bool
    is_current: bool | None
    is_disabled: bool | None
    copy_versions: int | None
    sent: int | None
    unique_replies: int | None
    reply_rate: float | None
    reply_rate_low: float | None
    reply_rate_high: float | None
    open_rate: float | None
    click_rate: float | None
    positive_rate: float | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one step in one sentence, with what it was made of and what to mind."""

    workspace_id: str
    campaign_id: str
    step: int
    step_number: int
    metric: str
    status: str
    reason: str
    winner_label: str | None
    winner_copy_version: int | None
    probability: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    p_value: float | None
    sends_needed: int | None
    days_to_go: int | None
    basis: str
    has_auto_selection: bool
    has_paused_arm: bool
    has_vanished_arm: bool
    has_edited_copy: bool
    has_switched_tracking: bool
    has_changed_accounts: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """Campaigns, busiest first and deleted ones last, and what belongs to them."""

    campaigns: tuple[CampaignLine, ...]
    steps: tuple[StepLine, ...]
    variants: tuple[VariantLine, ...]
    verdicts: tuple[Verdict, ...]
    as_of: datetime | None = None

    def steps_of(self, campaign: CampaignLine) -> tuple[StepLine, ...]:
        """The steps of a campaign in order, unattributed mail last."""
        return tuple(s for s in self.steps if s.campaign_id == campaign.campaign_id)

    def every_step(self) -> Iterator[tuple[CampaignLine, StepLine]]:
        """Each step with its campaign, in the order of the report."""
        for campaign in self.campaigns:
            for step in self.steps_of(campaign):
                yield campaign, step

    def variants_of(self, step: StepLine) -> tuple[VariantLine, ...]:
        """The variants of a step in order, the unattributed one last."""
        key = (step.campaign_id, step.step)
        return tuple(v for v in self.variants if (v.campaign_id, v.step) == key)

    def campaign_of(self, verdict: Verdict) -> CampaignLine:
        """The campaign that a verdict is about: verdicts are read for these campaigns only."""
        return next(c for c in self.campaigns if c.campaign_id == verdict.campaign_id)


Line = TypeVar("Line", CampaignLine, StepLine, VariantLine, Verdict)


def read_report(
    warehouse: Place, campaign: str | None, workspace: str | None, tag: str | None = None
) -> Report:
    """The report from one short read-only look.

    `campaign`, `workspace` and `tag` choose by id or by a part of the name, whatever its case; a
    campaign must fit all that are given. ConfigurationError when they choose nothing,
    RunFailedError when there are no marts.
    """
    refuse_missing(warehouse)
    with open_marts(warehouse) as connection:
        refuse_missing_marts(connection, warehouse, (*MARTS, TAGS) if tag else MARTS)
        every = campaign_lines(connection)
        chosen = tuple(line for line in every if _fits(line, campaign, workspace))
        if tag:
            tagged = _tagged(connection, tag)
            chosen = tuple(line for line in chosen if line.campaign_id in tagged)
        if not chosen and (campaign or workspace or tag):
            raise _nothing_chosen(every, campaign, workspace, tag)
        ids = [line.campaign_id for line in chosen]
        steps = lines_of(connection, StepLine, "step_performance", ids, "step < 0, step")
        order = "step < 0, step, variant < 0, variant"
        variants = lines_of(connection, VariantLine, "variant_performance", ids, order)
        verdicts = _verdicts(connection, ids)
        seen_at = as_of(connection)
    return Report(chosen, steps, variants, verdicts, seen_at)


def refuse_missing_marts(
    connection: duckdb.DuckDBPyConnection, warehouse: Place, marts: tuple[str, ...]
) -> None:
    """RunFailedError when one of these marts has not been built."""
    missing = [mart for mart in marts if not has_table(connection, "instantly", mart)]
    if missing:
        todo = "run `instantly-warehouse transform`"
        what = f"the marts are not built yet ({', '.join(missing)})"
        raise RunFailedError(what, where=str(warehouse), todo=todo)


def campaign_lines(connection: duckdb.DuckDBPyConnection) -> tuple[CampaignLine, ...]:
    """All campaigns, busiest first and deleted ones last."""
    own = [field.name for field in fields(CampaignLine) if field.name != "workspace_name"]
    columns = ", ".join(f"campaigns.{name}" for name in own)
    found = connection.execute(
        f"""
        select workspaces.workspace_name, {columns}
        from campaign_performance as campaigns
        left join dim_workspaces as workspaces using (workspace_id)
        order by campaigns.is_deleted, campaigns.sent desc nulls last, campaigns.campaign_id
        """  # noqa: S608 the columns are the fields above
    )
    names = ["workspace_name", *own]
    return tuple(CampaignLine(**dict(zip(names, row, strict=True))) for row in found.fetchall())


def lines_of(
    connection: duckdb.DuckDBPyConnection, kind: type[Line], mart: str, ids: list[str], order: str
) -> tuple[Line, ...]:
    """The rows of a mart for the chosen campaigns, one value per row."""
    columns = ", ".join(field.name for field in fields(kind))
    chosen = f"[{', '.join(map(text, ids))}]::varchar[]"
    found = connection.execute(
        f"""
        select {columns} from {mart}
        where list_contains({chosen}, campaign_id) order by campaign_id, {order}
        """  # noqa: S608 mart, columns and order are constants of this module, the rest literals
    )
    return tuple(kind(*row) for row in found.fetchall())


def _verdicts(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> tuple[Verdict, ...]:
    """The verdicts in the order of the steps; none where nothing has been judged."""
    if not has_table(connection, "instantly", "variant_verdicts"):
        return ()
    return lines_of(connection, Verdict, "variant_verdicts", ids, "step")


def as_of(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """The source's clock at the last run, UTC."""
    if not has_table(connection, "instantly", "warehouse_info"):
        return None
    found = connection.execute("select as_of from warehouse_info").fetchone()
    return found[0] if found else None


def _tagged(connection: duckdb.DuckDBPyConnection, tag: str) -> frozenset[str]:
    """Ids of the campaigns that carry the wanted tag; ConfigurationError when no tag fits."""
    found = connection.execute("select tag_id, tag, campaign_id from campaign_tags").fetchall()
    tagged = frozenset(campaign for id_, label, campaign in found if _named(tag, id_, label))
    if not tagged:
        labels = sorted({one_line(label or id_) for id_, label, _ in found})[:5]
        known = f"for instance: {'; '.join(labels)}" if labels else "no campaign carries any"
        todo = f"choose by id or part of the name, {known}"
        raise ConfigurationError(f"no campaign carries a tag that fits {tag!r}", todo=todo)
    return tagged


def _fits(line: CampaignLine, campaign: str | None, workspace: str | None) -> bool:
    return _named(campaign, line.campaign_id, line.campaign_name) and _named(
        workspace, line.workspace_id, line.workspace_name
    )


def _named(wanted: str | None, identity: str, name: str | None) -> bool:
    if not wanted:
        return True
    return wanted == identity or wanted.casefold() in (name or "").casefold()


def _nothing_chosen(lines: tuple[CampaignLine, ...], *wanted: str | None) -> ConfigurationError:
    """Names some that exist: most misses are a typo."""
    names = [one_line(line.campaign_name or line.campaign_id) for line in lines[:5]]
    known = f"for instance: {'; '.join(names)}" if names else "there are no campaigns yet"
    what = f"no campaign fits {' and '.join(repr(text) for text in wanted if text)}"
    return ConfigurationError(what, todo=f"choose by id or part of the name, {known}")
