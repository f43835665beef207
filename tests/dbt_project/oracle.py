"""The rules of the marts once more, written another way: row by row, in order, with fractions.

The SQL states its rules over sets, with windows; this walks through the observations as they came
and keeps what stands. Two programs that agree because they share an idea prove little, so nothing
here looks at the SQL or at the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.dbt_project.raw_rows import DELETED_AT, TOTALS

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Counts = dict[str, int | None]

SETTLED_AFTER_DAYS = 14
EVENTS = ("opened", "replies", "replies_automatic", "clicks")
LEADS = tuple(name for name in TOTALS if name not in ("sent", *EVENTS))


def by_key(rows: Iterable[Row], key: Sequence[str]) -> dict[Key, list[Row]]:
    """Observations per key as they were made, without the silence of the deleted."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["observed_at"]):
        if not _is_silence(row):
            groups[tuple(row[column] for column in key)].append(row)
    return dict(groups)


def _is_silence(row: Row) -> bool:
    """Zeros from the deletion of what the row is about: the API no longer knows it."""
    owners = (row.get(name) for name in ("subsequence_id", "campaign_id", "email_account"))
    deleted_at = next((DELETED_AT[owner] for owner in owners if owner in DELETED_AT), None)
    says = any(row.get(name) or row.get(TOTALS.get(name, name)) for name in ("sent", *EVENTS))
    return deleted_at is not None and row["observed_at"] >= deleted_at and not says


def newest(rows: Iterable[Row], key: Sequence[str]) -> dict[Key, Row]:
    """The last observation per key."""
    return {k: observations[-1] for k, observations in by_key(rows, key).items()}


def walk(observations: Sequence[Row]) -> tuple[Row, list[tuple[Row, Row, bool]]]:
    """What stands in the end, and each step on the way: (stood, observed, was it taken)."""
    stands = observations[0]
    path = []
    for observed in observations[1:]:
        age = (observed["observed_at"].date() - observed["date"]).days
        is_taken = age <= SETTLED_AFTER_DAYS or observed["sent"] >= stands["sent"]
        path.append((stands, observed, is_taken))
        stands = observed if is_taken else stands
    return stands, path


def standing_days(rows: Iterable[Row], key: Sequence[str]) -> dict[Key, Row]:
    """Per key the observation that a fact shows."""
    return {k: walk(observations)[0] for k, observations in by_key(rows, key).items()}


def changes(rows: Iterable[Row], key: Sequence[str], metrics: Sequence[str]) -> set[Key]:
    """What `restatements` lists: (key, metric, old, new, seen, kept)."""
    found = set()
    for k, observations in by_key(rows, key).items():
        for stood, observed, is_taken in walk(observations)[1]:
            was_running = stood["observed_at"].date() <= stood["date"]
            if is_taken and was_running:
                continue
            kept = "new" if is_taken else "old"
            for metric in metrics:
                old, new = stood[metric], observed[metric]
                if old != new:
                    found.add((k, metric, old, new, observed["observed_at"], kept))
    return found


def total(values: Iterable[int | None]) -> int | None:
    """A sum that is unknown as soon as a part is."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def campaign_counts(totals: Row | None, steps: Sequence[Row]) -> Counts:
    """Lifetime counts of a campaign from its newest totals and its newest step rows."""
    has_events = any(step[name] for step in steps for name in ("sent", *EVENTS))
    counts: Counts = {}
    if totals is not None:
        counts |= {name: totals[TOTALS[name]] for name in ("sent", *LEADS)}
    elif has_events:
        counts |= dict.fromkeys(LEADS) | {"sent": total(step["sent"] for step in steps)}
    else:
        counts |= dict.fromkeys(("sent", *LEADS), 0)
    for event in EVENTS:
        unreported = None if counts["sent"] else 0
        counts[event] = total(step[event] for step in steps) if steps else unreported
    return counts


def ratio(numerator: int | None, denominator: int | None) -> Fraction | None:
    """A rate; None where there is nothing to divide by or nothing known to divide."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator, denominator)


def wilson(numerator: int | None, denominator: int | None) -> tuple[float, float] | None:
    """Low and high at 95 %; None where the rate is unknown or above one."""
    rate = ratio(numerator, denominator)
    if rate is None or rate > 1:
        return None
    return proportion_confint(numerator, denominator, alpha=0.05, method="wilson")


def assert_rate(row: Row, rate: str, numerator: int | None, denominator: int | None) -> None:
    """A rate of a mart row and its interval are what the two counts make of them."""
    expected = ratio(numerator, denominator)
    shown = (row[rate], row[f"{rate}_low"], row[f"{rate}_high"])
    bounds = wilson(numerator, denominator)
    if expected is None:
        assert shown == (None, None, None)
    elif bounds is None:
        assert row["has_rate_above_one"]
        assert shown == (pytest.approx(float(expected), rel=1e-15), None, None)
    else:
        assert shown[0] == pytest.approx(float(expected), rel=1e-15)
        assert shown[1:] == pytest.approx(bounds, abs=1e-12)
