"""What is answered to what: paths of the API, and the control addresses.

Lists of what there is none of here are empty, reports too; a row asked for by its id is not found.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import orjson

from benchmarks.throughput.server.campaigns import Campaigns
from benchmarks.throughput.server.leads import DAY, Leads, Part

API = "/api/v2"
_NOT_FOUND = b'{"statusCode":404,"error":"Not Found","message":"Resource not found"}'
_NO_REPORT = re.compile(r"^/(accounts/analytics/daily|subsequences/analytics)$")
_BY_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")

Parts = tuple[int, Sequence[Part]]
"""Status and body, in pieces that nobody has to copy."""


@dataclass(frozen=True, slots=True)
class Spec:
    """How large a workspace is.

    Attributes:
        leads: in all of its campaigns.
        campaigns: how many.
        skew: share of the leads that the first campaign holds; 0 spreads them evenly.
        days: days of reports.
        steps, variants: of every sequence.
        activity: share of campaign-days with mail.
        seed: of everything that is drawn.
    """

    leads: int
    campaigns: int = 200
    skew: float = 0.0
    days: int = 90
    steps: int = 3
    variants: int = 3
    activity: float = 0.3
    seed: int = 1


class Workspace:
    """One workspace, that of one key.

    Args:
        spec: its size.
        number: from 1; another one is another workspace of the same size.
        now: the moment at which it begins.
    """

    def __init__(self, spec: Spec, number: int, now: datetime) -> None:
        self.key = f"invented-{number}"
        self.id = f"{number:08x}-0000-4000-8000-000000000000"
        self._milliseconds = int(now.timestamp() * 1000)
        self._steps_of_change = 0
        seed = spec.seed * 1_000 + number
        ids = [f"{number:08x}-0000-4000-9000-{n:012x}" for n in reversed(range(spec.campaigns))]
        sizes = _sizes(spec, seed)
        self.leads = Leads(self.id, ids, sizes, self._milliseconds, seed)
        self.campaigns = Campaigns(
            ids,
            sizes,
            now.date(),
            spec.days,
            spec.steps,
            spec.variants,
            spec.activity,
            seed,
        )

    def change(self, leads: float, days: float) -> dict[str, int]:
        """So many leads and campaign-days move; how many did."""
        self._steps_of_change += 1
        now = int(datetime.now(UTC).timestamp() * 1000)
        mailed = self.leads.change(leads, self._steps_of_change, max(now, self._milliseconds))
        moved = self.campaigns.happened(mailed, days, self._steps_of_change)
        return {"leads": sum(mailed.values()), "campaigns": len(mailed), "days": moved}

    def truth(self) -> dict[str, Any]:
        """What a warehouse should hold of it."""
        return {
            "key": self.key,
            "leads": len(self.leads),
            "checksum": str(self.leads.checksum),
            "campaigns": len(self.campaigns.ids),
            "active_days": self.campaigns.active_days,
        }

    def answer(self, method: str, target: str, body: bytes) -> Parts:
        """The answer to a request under `/api/v2`."""
        if method == "POST" and target == "/leads/list":
            return 200, _page(*self.leads.page(orjson.loads(body) if body else {}))
        parts = urlsplit(target)
        return self._got(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def _got(self, path: str, query: Mapping[str, str]) -> Parts:
        first, last = query.get("start_date", ""), query.get("end_date", "")
        campaign = query.get("campaign_id", "")
        if path == "/workspaces/current":
            return 200, [self._itself()]
        if path == "/campaigns":
            size = min(int(query.get("limit", "10")), 100)
            rows, cursor = self.campaigns.listed(query.get("starting_after", ""), size)
            return 200, _page(b",".join(rows), cursor)
        if path == "/campaigns/analytics":
            return 200, [self.campaigns.totals(first, last)]
        if path == "/campaigns/analytics/daily":
            return 200, [self.campaigns.by_day(campaign, first, last)]
        if path == "/campaigns/analytics/steps":
            return 200, [self.campaigns.by_step(campaign, first, last)]
        if _NO_REPORT.match(path):
            return 200, [b"[]"]
        return (404, [_NOT_FOUND]) if _BY_ID.search(path) else (200, _page(b"", None))

    def _itself(self) -> bytes:
        made = datetime.fromtimestamp((self._milliseconds - 400 * DAY) / 1000, UTC)
        stamp = made.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return orjson.dumps(
            {
                "id": self.id,
                "name": f"Workspace {int(self.id[:8], 16)}",
                "owner": self.id,
                "timestamp_created": stamp,
                "timestamp_updated": stamp,
            }
        )


def _page(items: Part, cursor: str | None) -> Sequence[Part]:
    end = b"]}" if cursor is None else b'],"next_starting_after":"%b"}' % cursor.encode()
    return (b'{"items":[', items, end)


def _sizes(spec: Spec, seed: int) -> list[int]:
    """Leads of each campaign, half to one and a half times the mean, and all of them in all."""
    rng = np.random.default_rng(seed)
    large = round(spec.skew * spec.leads)
    weights = rng.uniform(0.5, 1.5, spec.campaigns - bool(large))
    bounds = np.rint(np.cumsum(weights) / weights.sum() * (spec.leads - large))
    sizes = np.diff(bounds, prepend=0).astype(int).tolist()
    return [large, *sizes] if large else sizes
