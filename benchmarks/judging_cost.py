"""What judging costs beside building: 5,000 steps × 4 arms, one invented warehouse, one run.

    an empty sandbox ──sync──> raw tables ──numpy──> 60 days of counts
      ─┬─ dbt build, both halves of a run (a child process)  CPU seconds
       └─ the judgement: read, judge, write (this process)   CPU seconds   ─> their ratio

The ratio is the result: both parts run on the same machine, minutes apart, over the same data, so
it means the same elsewhere, as seconds would not. `python -m benchmarks.judging_cost` prints it;
docs/judgement.md quotes it.
"""

import argparse
import os
import resource
import subprocess
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measuring import PROGRAM, cpu
from pipelines.run import JUDGED
from sandbox import Sandbox
from transforms.dbt import build

TODAY = date(2026, 11, 17)
STEPS_PER_CAMPAIGN, ARMS, DAYS = 2, 4, 60
MAILS_PER_DAY = 60
WORKSPACE = "w"
RATES = {"opened": 0.45, "replies": 0.03, "replies_automatic": 0.02, "clicks": 0.01}


def main() -> None:
    """Build, judge, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging_cost", description=__doc__)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        _sync_nothing(warehouse)
        _fill(warehouse, chosen.steps // STEPS_PER_CAMPAIGN, chosen.seed)
        print(_compared(warehouse, chosen.steps))


def _compared(warehouse: Path, steps: int) -> str:
    with cpu(resource.RUSAGE_CHILDREN) as first:
        _build(warehouse, exclude=f"{JUDGED} tag:operations")  # as a run without those tables
    with cpu(resource.RUSAGE_SELF) as judging:
        from pipelines.judge import judge_steps
        from transforms.judgement import Rules

        answers = judge_steps(warehouse, warehouse.parent, Rules()).answers
    with cpu(resource.RUSAGE_CHILDREN) as second:
        _build(warehouse, select=JUDGED)
    building = first[0] + second[0]
    told = sorted({answer.status.value for answer in answers})
    return (
        f"{len(answers):,} verdicts ({', '.join(told)}) of {steps:,} steps × {ARMS} arms, "
        f"{DAYS} days\n"
        f"dbt build   {building:6.1f} s CPU\n"
        f"judgement   {judging[0]:6.1f} s CPU\n"
        f"ratio       {judging[0] / building:6.2f}"
    )


def _build(warehouse: Path, *, select: str | None = None, exclude: str | None = None) -> None:
    build(
        warehouse,
        workdir=warehouse.parent / "dbt",
        variables={},
        environment=dict(os.environ),
        select=select,
        exclude=exclude,
    )


def _sync_nothing(warehouse: Path) -> None:
    """The raw tables as the loader makes them, without a row of counts."""
    with Sandbox("empty", date=TODAY, rate_limit=None) as api:
        variables = {"INSTANTLY_API_KEY": api.key, "INSTANTLY_BASE_URL": api.url}
        variables |= {"WAREHOUSE_PATH": str(warehouse)}
        subprocess.run(
            [str(PROGRAM), "--quiet", "sync"], env={**os.environ, **variables}, check=True
        )


def _fill(warehouse: Path, campaigns: int, seed: int) -> None:
    """Campaigns that sent every workday until yesterday; every tenth has a better variant."""
    seen = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=6)
    days = _days(campaigns, np.random.default_rng(seed))
    by_position = ["campaign_id", "step", "variant"]
    counts = [name for name in days.columns if name not in (*by_position, "date")]
    lifetime = days.groupby(by_position, as_index=False)[counts].sum()
    by_day = days.groupby(["campaign_id", "date"], as_index=False)[counts].sum()
    totals = lifetime.groupby("campaign_id", as_index=False)[counts].sum()
    since = {"_dlt_valid_from": seen - timedelta(days=DAYS), "row_version": 1}
    copies = lifetime[by_position].assign(copy_hash=_text(lifetime, by_position), **since)
    named = totals[["campaign_id"]].rename(columns={"campaign_id": "id"})
    report = {"campaign_status": 1, "emails_sent_count": totals["sent"]}
    with duckdb.connect(str(warehouse)) as connection:
        for table, rows in {
            "step_analytics_daily": days.assign(observed_at=seen),
            "step_analytics": lifetime.assign(observed_at=seen),
            "campaign_analytics_daily": by_day.assign(observed_at=seen),
            "campaign_analytics": totals[["campaign_id"]].assign(**report, observed_at=seen),
            "campaign_variants": copies,
            "campaigns": named.assign(name=named["id"], status=1, **since),
        }.items():
            _insert(connection, table, rows.assign(workspace_id=WORKSPACE))


def _days(campaigns: int, rng: np.random.Generator) -> pd.DataFrame:
    """Counts by campaign, step, variant and day, drawn column by column."""
    shape = (campaigns, STEPS_PER_CAMPAIGN, ARMS, DAYS)
    campaign, step, variant, day = (axis.ravel() for axis in np.indices(shape))
    dates = np.datetime64(TODAY - timedelta(days=DAYS)) + day
    sent = rng.poisson(np.where((day + TODAY.weekday() - DAYS) % 7 < 5, MAILS_PER_DAY, 0))
    better = 1 + 0.5 * ((campaign % 10 == 0) & (variant == 1))
    events = {name: rng.binomial(sent, rate * better) for name, rate in RATES.items()}
    unique = {f"unique_{name}": values for name, values in events.items()}
    return pd.DataFrame(
        {
            "campaign_id": pd.Series(campaign).map("c{:06}".format),
            "step": step,
            "variant": variant,
            "date": dates.astype("datetime64[s]"),
            "sent": sent,
            **events,
            **unique,
            "unique_opportunities": rng.binomial(events["replies"], 0.3),
        }
    )


def _text(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    return rows[columns].astype(str).agg("/".join, axis=1)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame) -> None:
    connection.register("rows_given", rows)
    connection.execute(f"insert into instantly_raw.{table} by name from rows_given")
    connection.unregister("rows_given")


if __name__ == "__main__":
    main()
