"""The sentences and tables of a client's month, made of its values.

    ClientMonth ──> Document: summary, cards, days, months, campaigns, lifetime, texts, trust, words

What the client reads is decided here. Subjects are shown, because a sentence that B beats A says
nothing to somebody who has not seen B; bodies are not: they are long, and people are greeted in
them. An address in a name or a subject is taken out. Names of workspaces do not stand in the report
of a tag, for they may be those of another client.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pipelines.client_report.brand import Brand
from pipelines.client_report.charts import by_day
from pipelines.client_report.document import (
    Card,
    Chart,
    Definition,
    Document,
    Listing,
    Section,
    Table,
)
from pipelines.client_report.measures import (
    COUNTS,
    LIFETIME,
    RATES,
    SHOWN,
    Count,
    Numbers,
    Rate,
    change_of,
)
from pipelines.client_report.period import Days
from pipelines.client_report.reading import CampaignMonth, ClientMonth
from pipelines.figures import UNKNOWN, count, interval, rate
from pipelines.foreign_text import subject
from pipelines.text import one_line
from pipelines.verdict_lines import groups, left_out

GROUPS = {
    "call these": "Decided",
    "look here": "Cannot be compared",
    "keep sending": "Still running",
}
CARDS = ("sent", "new_leads_contacted", "replies_by_people", "replies_per_mail")
OF_CAMPAIGNS = ("sent", "replies_by_people", "replies_per_mail")
CHARTS = ("sent", "replies_by_people")
BY_NAME = {measure.name: measure for measure in SHOWN}
LIFETIME_HEADS = (
    "Leads contacted",
    "Mails sent",
    "Leads who replied",
    "Reply rate",
    "95 %",
    "Positive",
    "Bounced",
)


def document_of(month: ClientMonth, brand: Brand, settled_after_days: int) -> Document:
    """The report in words; numbers are rounded here and nowhere else."""
    return Document(
        client=shown(month.client.name),
        period=month.period.this.label,
        as_of=f"{month.as_of:%Y-%m-%d %H:%M} UTC",
        summary=_summary(month),
        brand=brand,
        cards=tuple(_card(month, name) for name in CARDS),
        charts=tuple(_chart(month, name) for name in CHARTS),
        sections=tuple(_sections(month, settled_after_days)),
        definitions=tuple(_definitions(month)),
    )


def shown(text: str) -> str:
    """A text of other people on one line, without addresses."""
    if "@" in text:
        from sources.instantly.shaping.addresses import masked

        text = masked(text)
    return one_line(text)


def _sections(month: ClientMonth, settled_after_days: int) -> Iterator[Section]:
    yield _comparison(month)
    yield _by_campaign(month)
    if month.judged.verdicts:
        yield _variants(month)
    yield _lifetime(month)
    if len(month.months) > 1:
        yield _by_month(month)
    yield _trust(month, settled_after_days)
    yield _by_day(month)


def _summary(month: ClientMonth) -> str:
    """The month in one or two sentences; of what is unknown nothing is said."""
    sent, replies = (month.this.counted.get(name) for name in ("sent", "replies_by_people"))
    if sent is None:
        return f"Of {month.period.this.label} there are no numbers."
    first = f"{_plural(sent, 'mail')} went out"
    if replies is not None:
        verb = "reply by a person" if replies == 1 else "replies by people"
        first += f", {replies:,} {verb} came in"
    per_mail = month.this.value(_rate_named("replies_per_mail"))
    first += f": {_value(RATES[0], per_mail)} per 100 mails." if per_mail is not None else "."
    before = month.previous.value(_rate_named("replies_per_mail"))
    if before is None or per_mail is None:
        return first
    previous = month.period.previous
    days = previous.label if previous.is_whole else f"the same days of {previous.title}"
    return f"{first} In {days} it was {_value(RATES[0], before)}."


def _rate_named(name: str) -> Rate:
    return next(rate for rate in RATES if rate.name == name)


def _card(month: ClientMonth, name: str) -> Card:
    value, previous, change = _compared(name, month.this, month.previous)
    return Card(BY_NAME[name].title, value, previous, change)


def _compared(name: str, this: Numbers, previous: Numbers) -> tuple[str, str, str]:
    """A number, the one before, and the change, in words."""
    measure = BY_NAME[name]
    now, before = this.value(measure), previous.value(measure)
    return _value(measure, now), _value(measure, before), _change(measure, now, before)


def _value(measure: Count | Rate, value: float | None) -> str:
    """`12,345`, or `3.4` for a rate, which is said per 100 mails."""
    if value is None:
        return UNKNOWN
    return f"{100 * value:.1f}" if isinstance(measure, Rate) else f"{value:,.0f}"


def _change(measure: Count | Rate, now: float | None, before: float | None) -> str:
    """`+12 %` of a count, `+0.4` of a rate; a proper minus, and no sign on nothing."""
    change = change_of(measure, now, before)
    if change is None:
        return UNKNOWN
    text = f"{100 * change:+.1f}" if isinstance(measure, Rate) else f"{100 * change:+,.0f} %"
    bare = text.lstrip("+-")
    return bare if not bare.strip("0. %") else text.replace("-", "−")


def _chart(month: ClientMonth, name: str) -> Chart:
    measure, days = BY_NAME[name], month.period.this
    counts = {day: numbers.counted.get(name) for day, numbers in month.days.items()}
    known = {day: value for day, value in counts.items() if value is not None}
    says = f"{measure.title} by day, {days.label}: no day is known."
    if known:
        best = max(known, key=lambda day: known[day])
        most = f"most on {best.day} {best:%B} ({known[best]:,})"
        says = f"{measure.title} by day, {days.label}: {sum(known.values()):,} in all, {most}."
    return Chart(f"{measure.title} by day", says, by_day(counts, days.first, says))


def _comparison(month: ClientMonth) -> Section:
    heads = ("", month.period.this.label, month.period.previous.label, "Change")
    rows = tuple(
        (measure.title, *_compared(measure.name, month.this, month.previous)) for measure in SHOWN
    )
    lead = "Change of a count in percent, of a rate as the difference."
    if not month.period.this.is_whole or not month.period.is_over:
        lead += f" {month.period.this.title} is not over; it stands beside as many days before it."
    return Section("The month and the one before", lead, tables=(Table("", heads, rows),))


def _by_campaign(month: ClientMonth) -> Section:
    heads: list[str] = ["Campaign"]
    for name in OF_CAMPAIGNS:
        heads += [BY_NAME[name].title, "Change"]
    rows = [_campaign_cells("All campaigns", month.this, month.previous)]
    rows += [
        _campaign_cells(_title(campaign), campaign.this, campaign.previous)
        for campaign in month.campaigns
        if campaign.this.counted or campaign.previous.counted
    ]
    resting = sum(not (c.this.counted or c.previous.counted) for c in month.campaigns)
    lead = f"{_plural(resting, 'more campaign')} had no mail in either." if resting else ""
    table = Table("", tuple(heads), tuple(rows), totals=True)
    return Section("By campaign", lead, tables=(table,))


def _title(campaign: CampaignMonth) -> str:
    line = campaign.line
    name = shown(line.campaign_name or line.campaign_id)
    return f"{name} (deleted)" if line.is_deleted else name


def _campaign_cells(name: str, this: Numbers, previous: Numbers) -> tuple[str, ...]:
    cells = [name]
    for measure in OF_CAMPAIGNS:
        now, _, change = _compared(measure, this, previous)
        cells += [now, change]
    return tuple(cells)


def _variants(month: ClientMonth) -> Section:
    """The sentences of the marts, word for word, and the texts that they speak of."""
    listings = [
        Listing(GROUPS[group.title], tuple(shown(line) for line in group.lines))
        for group in groups(month.judged)
    ]
    if rest := left_out(month.judged):
        listings.append(Listing("", (rest,)))
    rows = tuple(
        (
            shown(month.name_of(arm.campaign_id)),
            f"{arm.step_number}",
            arm.variant_label,
            subject(arm.subject and shown(arm.subject), arm.step),
            rate(arm.rate),
            interval(arm.rate_low, arm.rate_high),
        )
        for campaign in month.campaigns
        for arm in month.arms
        if arm.campaign_id == campaign.line.campaign_id
    )
    heads = ("Campaign", "Step", "Variant", "Subject", "Rate", "95 %")
    tables = (Table("The texts that were compared", heads, rows, words=4),) if rows else ()
    lead = (
        f"As judged on {month.as_of:%Y-%m-%d}, on days that reach into the month. "
        "Each sentence compares the days that all its variants shared, "
        "so its rates differ from those above."
    )
    return Section("Which texts work", lead, tuple(listings), tables)


def _lifetime(month: ClientMonth) -> Section:
    rows = [("All campaigns", *_lifetime_cells(month.lifetime))] if month.lifetime else []
    rows += [
        (_title(campaign), *_lifetime_cells(campaign.lifetime)) for campaign in month.campaigns
    ]
    lead = (
        f"Lifetime, until {month.as_of:%Y-%m-%d}: people are counted once over all their days, "
        "so these numbers cannot be cut into months."
    )
    table = Table("", ("Campaign", *LIFETIME_HEADS), tuple(rows), totals=bool(month.lifetime))
    return Section("Since the beginning", lead, tables=(table,))


def _lifetime_cells(row: dict) -> tuple[str, ...]:
    return (
        count(row["contacted"]),
        count(row["sent"]),
        count(row["unique_replies"]),
        rate(row["reply_rate"]),
        interval(row["reply_rate_low"], row["reply_rate_high"]),
        _with_rate(row["unique_opportunities"], row["positive_rate"]),
        _with_rate(row["bounced"], row["bounce_rate"]),
    )


def _with_rate(counted: int | None, share: float | None) -> str:
    return count(counted) if counted is None or share is None else f"{counted:,} ({rate(share)})"


def _by_month(month: ClientMonth) -> Section:
    heads = ("Month", *(measure.title for measure in SHOWN))
    rows = tuple(
        (days.label, *(_value(measure, numbers.value(measure)) for measure in SHOWN))
        for days, numbers in reversed(month.months.items())
    )
    return Section("Month by month", tables=(Table("", heads, rows),))


def _by_day(month: ClientMonth) -> Section:
    counts = [measure for measure in SHOWN if isinstance(measure, Count)]
    rows = tuple(
        (f"{day}", *(_value(measure, numbers.value(measure)) for measure in counts))
        for day, numbers in month.days.items()
    )
    heads = ("Day", *(measure.title for measure in counts))
    lead = "Days are UTC. A day without mail and events has no row."
    return Section("The days as a table", lead, tables=(Table("", heads, rows),), folded=True)


def _trust(month: ClientMonth, settled_after_days: int) -> Section:
    listings = [Listing("", tuple(_notes(month, settled_after_days)))]
    tables = []
    if month.trust.restated:
        tables.append(_restated(month))
    if month.trust.differing:
        tables.append(_differing(month))
    return Section("How far to trust this", "", tuple(listings), tuple(tables))


def _notes(month: ClientMonth, settled_after_days: int) -> Iterator[str]:
    """One sentence per thing that one ought to know; what is not known is said, too."""
    yield f"As of {month.as_of:%Y-%m-%d %H:%M} UTC. {UNKNOWN} is unknown, and never a zero."
    yield from _notes_on_days(month.period.this, month, settled_after_days)
    trust = month.trust
    if trust.unread is None:
        yield "Of the last reading of the source nothing is recorded."
    elif trust.unread:
        named = ", ".join(f"{table} ({status})" for table, status in trust.unread)
        yield f"Not read in the last run, so perhaps older than that: {named}."
    else:
        yield "Everything that these numbers are made of was read in the last run."
    if trust.restated is None:
        yield "Whether days of the month were changed later is not recorded."
    elif not trust.restated:
        yield "No day of the month was changed after it was over."
    if not trust.compared:
        yield "Whether the numbers add up was not checked."
    elif not trust.differing:
        yield f"The reports of the source agree: {_plural(trust.compared, 'comparison')}."


def _notes_on_days(days: Days, month: ClientMonth, settled_after_days: int) -> Iterator[str]:
    if not month.period.is_over:
        yield f"{days.title} is not over: {month.as_of.day} {days.title} is still running."
    if month.begins and month.begins > month.period.previous.first:
        yield f"The first day on record is {month.begins}."
    settled = month.as_of.date() - dt.timedelta(days=settled_after_days)
    if days.last > settled:
        yield f"Numbers of days after {settled} may still be corrected by the source."


def _restated(month: ClientMonth) -> Table:
    heads = ("Campaign", "Day", "Number", "Was", "Later said", "Stands")
    rows = tuple(
        (
            shown(month.name_of(change.campaign_id)),
            f"{change.date}",
            change.metric,
            count(change.old_value),
            count(change.new_value),
            count(change.new_value if change.kept == "new" else change.old_value),
        )
        for change in month.trust.restated or ()
    )
    return Table("Days that the source changed after they were over", heads, rows, words=3)


def _differing(month: ClientMonth) -> Table:
    heads = ("Campaign", "Compared", "Number", "One side", "Other side")
    rows = tuple(
        (
            shown(month.name_of(row.campaign_id)) or "All campaigns",
            row.check_name,
            row.metric,
            count(row.finer_value),
            count(row.coarser_value),
        )
        for row in month.trust.differing
    )
    return Table("Reports of the source that do not agree", heads, rows, words=3)


def _definitions(month: ClientMonth) -> Iterator[Definition]:
    """Each number once: the contract's words, or those of a number that only a month has."""
    for measure in SHOWN:
        if means := measure.means or month.comments.get(measure.name, ""):
            yield Definition(measure.title, measure.name, one_line(means))
    known = {measure.name for measure in COUNTS}
    for column in LIFETIME:
        if column.name not in known and column.name in month.comments:
            means = one_line(month.comments[column.name])
            yield Definition(f"{column.title} (lifetime)", column.name, means)


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
