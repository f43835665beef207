"""The numbers of a month, each once: what it is called, how days make it, what it means.

    fct_campaign_engagement_daily ──> COUNTS (sums of days) ──> RATES (quotients of these sums)
    campaign_performance          ──> LIFETIME (columns as they are)

Only counts that add up over days are here. Distinct leads, positives and bounces do not, or are not
known by day (docs/metrics.md); they stand in `LIFETIME` and are called so. A sum is unknown as soon
as one of its days is, and where there is no day at all: no row is not a zero.

What a number means is said once. A column is explained by its comment in the file, which dbt writes
from the words of the metric contract; the three numbers that only a month has are explained here
and in docs/metrics.md, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass

OPENS_TRACKED = "open_tracking is distinct from false"
CLICKS_TRACKED = "link_tracking is distinct from false"


@dataclass(frozen=True, slots=True)
class Count:
    """A sum of days. `means` is empty for a column, whose comment says it.

    `shown` is false for what only rates are made of.
    """

    name: str
    title: str
    of: str
    where: str = "true"
    means: str = ""
    shown: bool = True

    @property
    def sql(self) -> str:
        """The sum over a group of days."""
        return (
            f"case when count(*) filter ({self.where}) > 0 "
            f"and count({self.of}) filter ({self.where}) = count(*) filter ({self.where}) "
            f"then cast(sum({self.of}) filter ({self.where}) as bigint) end as {self.name}"
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """A quotient of two counts, 0 to 1 or above (a mail can be opened twice)."""

    name: str
    title: str
    over: str
    under: str
    means: str


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A column of `campaign_performance`."""

    name: str
    title: str
    is_rate: bool = False


COUNTS = (
    Count("sent", "Mails sent", "sent"),
    Count("new_leads_contacted", "New leads contacted", "new_leads_contacted"),
    Count(
        "replies_by_people",
        "Replies by people",
        "(replies - replies_automatic)",
        means="`replies` − `replies_automatic`: every reply that no machine wrote. "
        "Who replies twice counts twice.",
    ),
    Count("replies_automatic", "Automatic replies", "replies_automatic"),
    Count("opened", "Opens", "opened", OPENS_TRACKED),
    Count("clicks", "Clicks", "clicks", CLICKS_TRACKED),
    Count("sent_open_tracked", "", "sent", OPENS_TRACKED, shown=False),
    Count("sent_click_tracked", "", "sent", CLICKS_TRACKED, shown=False),
)
RATES = (
    Rate(
        "replies_per_mail",
        "Replies per 100 mails",
        "replies_by_people",
        "sent",
        "`replies_by_people` ÷ `sent` of the same days. Some replies answer mails of the month "
        "before. Not `reply_rate`, which counts leads.",
    ),
    Rate(
        "opens_per_mail",
        "Opens per 100 mails",
        "opened",
        "sent_open_tracked",
        "`opened` ÷ `sent`, over campaigns and days with open tracking. "
        "Who opens twice counts twice.",
    ),
    Rate(
        "clicks_per_mail",
        "Clicks per 100 mails",
        "clicks",
        "sent_click_tracked",
        "`clicks` ÷ `sent`, over campaigns and days with link tracking. "
        "Who clicks twice counts twice.",
    ),
)
LIFETIME = (
    Lifetime("contacted", "Leads contacted"),
    Lifetime("sent", "Mails sent"),
    Lifetime("unique_replies", "Leads who replied"),
    Lifetime("reply_rate", "Reply rate", is_rate=True),
    Lifetime("unique_opportunities", "Positive"),
    Lifetime("positive_rate", "Positive rate", is_rate=True),
    Lifetime("bounced", "Bounced"),
    Lifetime("bounce_rate", "Bounce rate", is_rate=True),
)
SHOWN = (*(count for count in COUNTS if count.shown), *RATES)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that was counted over some days; a number that is missing is unknown."""

    counted: dict[str, int | None]

    def value(self, measure: Count | Rate) -> int | float | None:
        """A count, or a rate; None where it is unknown."""
        if isinstance(measure, Count):
            return self.counted.get(measure.name)
        over, under = self.counted.get(measure.over), self.counted.get(measure.under)
        return over / under if over is not None and under else None


def change_of(measure: Count | Rate, now: float | None, before: float | None) -> float | None:
    """How much more than before: relative for a count, a difference for a rate."""
    if now is None or before is None:
        return None
    if isinstance(measure, Rate):
        return now - before
    return now / before - 1 if before else None
