"""What the source says when it is asked naively: every list to its end, every campaign, every day.

There is no plan here, no memory and no retry, and not a line of the product: an answer is turned
into rows by the shortest way. A table joins the comparison by an entry in TRUTHS; that a raw table
has none is said in the last line of a session, so that a new table cannot go unproven in silence.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

Row = dict[str, Any]
Rows = list[Row]

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Source:
    """One workspace, seen with one key. `today` is the source's own day."""

    url: str
    key: str
    workspace_id: str
    today: dt.date
    first: dt.date

    def get(self, path: str, **params: str | list[str]) -> Any:
        """The JSON of a GET; what is not 200 is an error of this program."""
        answer = requests.get(
            f"{self.url}/api/v2{path}",
            params=params,
            headers={"Authorization": f"Bearer {self.key}", "User-Agent": "truth/1"},
            timeout=SECONDS,
        )
        answer.raise_for_status()
        return answer.json()

    def pages(self, path: str) -> Iterator[Row]:
        """The rows of a list, page by page until one is empty."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit="100", **cursor)
            yield from page["items"]
            if not page["items"] or not page.get("next_starting_after"):
                return
            cursor = {"starting_after": page["next_starting_after"]}

    def reported(self) -> list[str]:
        """Ids of the campaigns that the totals know."""
        return [row["campaign_id"] for row in self.get("/campaigns/analytics")]

    def days(self) -> Iterator[str]:
        """Every day that can have anything, as the API writes days."""
        for back in range((self.today - self.first).days + 1):
            yield (self.today - dt.timedelta(days=back)).isoformat()


@dataclass(frozen=True, slots=True)
class Truth:
    """What a raw table should say now.

    Attributes:
        table: the raw table.
        key: columns that identify a row beside the workspace.
        load: `versions`, `observations` or `rows`: how to find what counts today.
        rows: asks the source.
        left_out: members that are stored elsewhere, or nowhere, by the docs.
        may_be_old: columns that docs/loading.md says can be stale.
        is_slow: read again only now and then, so compared after a `--full-refresh` alone.
    """

    table: str
    key: tuple[str, ...]
    load: str
    rows: Callable[[Source], Iterator[Row]] = field(repr=False)
    left_out: frozenset[str] = frozenset()
    may_be_old: frozenset[str] = frozenset()
    is_slow: bool = False


def _workspace(source: Source) -> Iterator[Row]:
    yield source.get("/workspaces/current")


def _list(path: str) -> Callable[[Source], Iterator[Row]]:
    return lambda source: source.pages(path)


def _copy(path: str, owner: str) -> Callable[[Source], Iterator[Row]]:
    """The variants that stand inside the rows of a list."""

    def rows(source: Source) -> Iterator[Row]:
        for parent in source.pages(path):
            for sequence in (parent.get("sequences") or [])[:1]:
                for step, settings in enumerate(sequence["steps"]):
                    own = {name: value for name, value in settings.items() if name != "variants"}
                    for variant, text in enumerate(settings["variants"]):
                        place = {owner: parent["id"], "step": step, "variant": variant}
                        yield {**own, **text, **place, "copy_hash": _hash(text)}

    return rows


def _hash(text: Row) -> str:
    parts = (text.get("subject") or "", text.get("body") or "")
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode()).hexdigest()


def _totals(source: Source) -> Iterator[Row]:
    yield from source.get("/campaigns/analytics")


def _campaign_days(source: Source) -> Iterator[Row]:
    for campaign in source.reported():
        for row in source.get("/campaigns/analytics/daily", campaign_id=campaign):
            yield {"campaign_id": campaign, **row}


def _steps(source: Source) -> Iterator[Row]:
    for campaign in source.reported():
        yield from _positions(source, campaign)


def _step_days(source: Source) -> Iterator[Row]:
    for campaign in source.reported():
        for day in source.days():
            for row in _positions(source, campaign, start_date=day, end_date=day):
                yield {**row, "date": day}


def _positions(source: Source, campaign: str, **window: str) -> Iterator[Row]:
    asked = {"campaign_id": campaign, "include_opportunities_count": "true", **window}
    for row in _summed(source.get("/campaigns/analytics/steps", **asked)):
        yield {"campaign_id": campaign, **row}


def _summed(rows: Rows) -> Iterator[Row]:
    """Step rows with integer positions; what belongs to none is −1, its parts added up."""
    found: dict[tuple[int, int], Row] = {}
    for row in rows:
        place = (_position(row["step"]), _position(row["variant"]))
        counts = {n: value for n, value in row.items() if n not in ("step", "variant")}
        held = found.get(place, {})
        found[place] = {name: value + held.get(name, 0) for name, value in counts.items()}
    for (step, variant), counts in found.items():
        yield {"step": step, "variant": variant, **counts}


def _position(value: Any) -> int:
    return -1 if value in (None, "null") else int(value)


def _subsequences(source: Source) -> Iterator[Row]:
    for parent in sorted({row["parent_campaign"] for row in source.pages("/subsequences")}):
        for row in source.get("/subsequences/analytics", campaign_id=parent):
            yield {"campaign_id": parent, **row}


def _subsequence_steps(source: Source) -> Iterator[Row]:
    for subsequence in source.pages("/subsequences"):
        path = f"/subsequences/{subsequence['id']}/analytics/steps"
        for row in _summed(source.get(path)):
            yield {"subsequence_id": subsequence["id"], **row}


def _account_days(source: Source) -> Iterator[Row]:
    """Every account on every day; rows of nobody are dropped, copies of a row count once."""
    accounts = [row["email"] for row in source.pages("/accounts")]
    found: dict[tuple[str, str], Row] = {}
    for day in source.days() if accounts else ():
        asked = {"emails": accounts, "start_date": day, "end_date": day}
        for row in source.get("/accounts/analytics/daily", **asked):
            found[row["email_account"], row["date"]] = row
    yield from (row for (account, _), row in found.items() if account)


def _account_campaigns(source: Source) -> Iterator[Row]:
    for account in source.pages("/accounts"):
        for row in source.pages(f"/account-campaign-mappings/{account['email']}"):
            yield {"account_email": account["email"], **row}


CRM = frozenset({"meetings_booked", "won"})
"""They follow the present CRM status for ever (quirk C35); nothing cheap says that they moved."""

NOT_IN_TOTALS = frozenset(
    {
        "opened",
        "unique_opened",
        "replies",
        "unique_replies",
        "replies_automatic",
        "unique_replies_automatic",
        "clicks",
        "unique_clicks",
    }
)
"""A subsequence's steps are asked again when its totals move. These are not among them, or move
alone: the totals count a person once, each step that is opened or answered counts."""

STEP = ("campaign_id", "step", "variant")

TRUTHS = (
    Truth("workspaces", ("id",), "versions", _workspace),
    Truth("workspace_members", ("id",), "versions", _list("/workspace-members")),
    Truth("campaigns", ("id",), "versions", _list("/campaigns"), frozenset({"sequences"})),
    Truth("campaign_variants", STEP, "versions", _copy("/campaigns", "campaign_id")),
    Truth("campaign_analytics", ("campaign_id",), "observations", _totals),
    Truth("campaign_analytics_daily", ("campaign_id", "date"), "observations", _campaign_days),
    Truth("step_analytics", STEP, "observations", _steps, may_be_old=CRM),
    Truth("step_analytics_daily", (*STEP, "date"), "observations", _step_days, may_be_old=CRM),
    Truth("subsequences", ("id",), "versions", _list("/subsequences"), frozenset({"sequences"})),
    Truth(
        "subsequence_variants",
        ("subsequence_id", "step", "variant"),
        "versions",
        _copy("/subsequences", "subsequence_id"),
    ),
    Truth("subsequence_analytics", ("subsequence_id",), "observations", _subsequences),
    Truth(
        "subsequence_step_analytics",
        ("subsequence_id", "step", "variant"),
        "observations",
        _subsequence_steps,
        may_be_old=NOT_IN_TOTALS,
    ),
    Truth("accounts", ("email",), "versions", _list("/accounts")),
    Truth("account_analytics_daily", ("email_account", "date"), "observations", _account_days),
    Truth(
        "account_campaign_mappings",
        ("account_email", "campaign_id"),
        "versions",
        _account_campaigns,
        is_slow=True,
    ),
    Truth("custom_tags", ("id",), "versions", _list("/custom-tags")),
    Truth("custom_tag_mappings", ("id",), "versions", _list("/custom-tag-mappings")),
    Truth("lead_lists", ("id",), "versions", _list("/lead-lists")),
    Truth("lead_labels", ("id",), "versions", _list("/lead-labels")),
)
"""The raw tables that are compared, each with the naive question."""
