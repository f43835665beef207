"""What the metrics answer by name is what the marts hold."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIFETIME = (
    "sent", "open_rate", "click_rate", "reply_rate", "auto_reply_rate", "positive_rate",
    "bounce_rate", "lead_reply_rate",
)  # fmt: skip
SESSION = """
import json, sys
from pathlib import Path
from semantic_layer.layer import LayerError, Question, opened

answers = []
with opened(Path(sys.argv[1])) as layer:
    for metrics, by in json.loads(sys.argv[2]):
        try:
            found = layer.ask(Question(tuple(metrics), tuple(by)))
            answers.append(found.to_csv(index=False))
        except LayerError as error:
            answers.append(f"error: {error}")
print(json.dumps(answers))
"""
"""MetricFlow keeps the file open while its process lives, so it has one of its own."""

Answer = dict[tuple[str, ...], dict[str, float | None]]


def number(text: str) -> float | None:
    return float(text) if text else None


def keyed(text: str, by: Sequence[str]) -> Answer:
    """Rows of CSV by their dimensions; of a time, the day."""
    found: Answer = {}
    for row in csv.DictReader(io.StringIO(text)):
        key = tuple(row.pop(name) for name in by)
        days = tuple(v[:10] if "time" in name else v for name, v in zip(by, key, strict=True))
        found[days] = {name: number(value) for name, value in row.items()}
    return found


def held(warehouse: Path, sql: str, by: int) -> Answer:
    """The same of a query on the marts."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return {
            tuple(map(str, row[:by])): dict(zip(names[by:], row[by:], strict=True))
            for row in cursor.fetchall()
        }


ASKED: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "campaigns": (LIFETIME, ["campaign"]),
    "workspaces": (LIFETIME, ["workspace__workspace_name"]),
    "agency": (LIFETIME, []),
    "months": (["mails", "replies_per_mail", "opens_per_mail"], ["campaign", "metric_time__month"]),
    "variants": (
        ["variant_mails", "variant_replies_per_mail"],
        ["campaign", "variant_day__step_number", "variant_day__variant_label"],
    ),
    "mailboxes": (["mailbox_bounce_rate"], ["mailbox__account_email", "metric_time__month"]),
    "people by month": (["reply_rate"], ["metric_time__month"]),
    "no such metric": (["reply_rat"], []),
}


@pytest.fixture(scope="module")
def answers(warehouse: Path) -> dict[str, str]:
    """All questions in one process: reading the definitions takes most of the time."""
    pytest.importorskip("dbt_metricflow", reason="`make test` installs MetricFlow")
    asked = json.dumps(list(ASKED.values()))
    done = subprocess.run(
        [sys.executable, "-c", SESSION, str(warehouse), asked],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(ASKED, json.loads(done.stdout.splitlines()[-1]), strict=True))


def assert_same(found: Answer, expected: Answer) -> None:
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == {name: pytest.approx(v, nan_ok=True) for name, v in row.items()}, key


@pytest.mark.parametrize(
    ("name", "mart", "dimensions"),
    [
        ("campaigns", "campaign_performance", ["campaign_id"]),
        ("workspaces", "workspace_performance", ["workspace_name"]),
        ("agency", "agency_performance", []),
    ],
)
def test_lifetime_metrics_are_the_marts(
    answers: dict[str, str], warehouse: Path, name: str, mart: str, dimensions: list[str]
) -> None:
    columns = ", ".join([*dimensions, *LIFETIME])
    sql = f"select {columns} from instantly.{mart}"

    assert_same(keyed(answers[name], ASKED[name][1]), held(warehouse, sql, len(dimensions)))


def test_events_by_campaign_and_month(answers: dict[str, str], warehouse: Path) -> None:
    expected = held(
        warehouse,
        """
        select campaign_id, date_trunc('month', date)::date as month,
            sum(sent) as mails, sum(replies) / nullif(sum(sent), 0) as replies_per_mail,
            sum(opened) filter (where open_tracking is distinct from false) / nullif(
                sum(sent) filter (where open_tracking is distinct from false), 0
            ) as opens_per_mail
        from instantly.fct_campaign_engagement_daily group by all
        """,
        2,
    )
    found = keyed(answers["months"], ASKED["months"][1])

    assert len({month for _, month in found}) > 1
    assert_same(found, expected)


def test_variants_and_mailboxes(answers: dict[str, str], warehouse: Path) -> None:
    variants = held(
        warehouse,
        """
        select campaign_id, coalesce(step_number::varchar, ''), variant_label,
            sum(sent) as variant_mails,
            sum(replies) / nullif(sum(sent), 0) as variant_replies_per_mail
        from instantly.fct_variant_engagement_daily group by all
        """,
        3,
    )
    mailboxes = held(
        warehouse,
        """
        select account_email, date_trunc('month', date)::date as month,
            sum(bounced) / nullif(sum(sent), 0) as mailbox_bounce_rate
        from instantly.fct_account_engagement_daily group by all
        """,
        2,
    )
    assert_same(keyed(answers["variants"], ASKED["variants"][1]), variants)
    assert_same(keyed(answers["mailboxes"], ASKED["mailboxes"][1]), mailboxes)


def test_people_have_no_months(answers: dict[str, str]) -> None:
    assert answers["people by month"].startswith("error: reply_rate: lifetime numbers of people")
    assert "replies_per_mail" in answers["people by month"]


def test_a_wrong_name_is_answered_with_those_that_come_near(answers: dict[str, str]) -> None:
    assert "reply_rate" in answers["no such metric"]
    assert "\n" not in answers["no such metric"]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "semantic_layer", str(tmp_path / "none.duckdb")],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "there is no warehouse here yet" in done.stderr
