"""One running sandbox per module, and a client that speaks as a polite program does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from sandbox import Sandbox

AGENT = "sandbox-tests/1.0"


@dataclass
class Client:
    """GET and POST against a sandbox with one key."""

    api: Sandbox
    key: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def get(
        self, path: str, headers: dict[str, str] | None = None, **query: Any
    ) -> requests.Response:
        """The response of one GET."""
        known = {"User-Agent": AGENT, "Authorization": f"Bearer {self.key or self.api.key}"}
        sent = known | (headers or {})
        url = self.api.url + "/api/v2" + path
        return self.session.get(url, params=query, headers=sent, timeout=20, allow_redirects=False)

    def json(self, path: str, **query: Any) -> Any:
        """The JSON value of a successful GET."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> requests.Response:
        """The response of one POST with a JSON body."""
        headers = {"User-Agent": AGENT, "Authorization": f"Bearer {self.key or self.api.key}"}
        return self.session.post(
            self.api.url + "/api/v2" + path, json=body, headers=headers, timeout=20
        )

    def walk(self, path: str, limit: int = 100, **query: Any) -> list[dict[str, Any]]:
        """All rows of a list, until an empty page or no cursor."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.json(path, limit=limit, **query, **cursor)
            rows += page["items"]
            if not page["items"] or not page.get("next_starting_after"):
                return rows
            cursor = {"starting_after": page["next_starting_after"]}

    def campaigns(self) -> dict[str, str]:
        """Ids of the listed campaigns by name."""
        return {row["name"]: row["id"] for row in self.walk("/campaigns")}

    def steps(
        self, campaign_id: str, day: str | None = None
    ) -> dict[tuple[Any, Any], dict[str, Any]]:
        """The step report by (step, variant)."""
        window = {} if day is None else {"start_date": day, "end_date": day}
        rows = self.json(
            "/campaigns/analytics/steps",
            campaign_id=campaign_id,
            include_opportunities_count="true",
            **window,
        )
        return {(row["step"], row["variant"]): row for row in rows}

    def daily(self, campaign_id: str) -> dict[str, dict[str, Any]]:
        """The daily report by date."""
        rows = self.json("/campaigns/analytics/daily", campaign_id=campaign_id)
        return {row["date"]: row for row in rows}

    def totals(self, campaign_id: str, **window: str) -> dict[str, Any]:
        """The totals of one campaign."""
        (row,) = self.json("/campaigns/analytics", id=campaign_id, **window)
        return row


@pytest.fixture(scope="module")
def demo() -> Iterator[Client]:
    """The demo world; tests that use it must not change it."""
    with Sandbox("demo") as api:
        yield Client(api)
