"""One plain sentence per verdict, made from its fields and from nothing else.

Every number in it is a field of the `Verdict`, formatted here; a test reads the numbers back and
holds them against the fields. Nothing is computed for the sentence alone, so what the terminal
prints, what a dashboard shows and what a query finds cannot differ.
"""

from collections.abc import Callable

from transforms.judgement.answers import Verdict, arm_name
from transforms.judgement.statuses import Metric, Reason, Status

NOUNS = {
    Metric.REPLY: "replies",
    Metric.POSITIVE: "positives",
    Metric.CLICK: "clicks",
    Metric.OPEN: "opens",
}
MINUS = "\N{MINUS SIGN}"
FAR_OFF = 365
"""Days beyond which a forecast is only called far off."""


def sentence(verdict: Verdict) -> str:
    """Return the plain sentence for `verdict`."""
    parts = [_MAIN[verdict.status](verdict), *_remarks(verdict)]
    return " ".join(part for part in parts if part)


def percent(rate: float) -> str:
    """Return a rate for people: 4.3 %, and two decimals below 1 %."""
    if rate == 0:
        return "0 %"
    return f"{rate * 100:.{1 if rate >= 0.01 else 2}f} %"


def signed_percent(lift: float | None) -> str:
    """Return a lift for people: +111 %, −7 %; an unknown limit is an open end."""
    if lift is None:
        return "no limit"
    whole = round(lift * 100)
    return f"{MINUS if whole < 0 else '+'}{abs(whole):,} %"


def probability_text(probability: float) -> str:
    """Return a probability for people; certainty is never claimed."""
    whole = int(probability * 100 + 0.5)
    return "over 99 %" if whole > 99 else f"{whole} %"


def about(count: int) -> str:
    """Return a count with its first two digits: 1,267 is about 1,300."""
    digits = len(str(count))
    return f"{round(count, -(digits - 2)) if digits > 2 else count:,}"


def _rates(v: Verdict, *, named: bool = False) -> str:
    one, other = ("", "") if not named else (f"{_leader(v)} ", f"{_rival(v)} ")
    return (
        f"{one}{percent(v.leader_rate or 0)} vs {other}{percent(v.rival_rate or 0)} "
        f"({v.leader_events:,}/{v.leader_sent:,} vs {v.rival_events:,}/{v.rival_sent:,})"
    )


def _lift(v: Verdict) -> str:
    if v.lift_low is None and v.lift_high is None:
        return "lift unknown"
    return f"lift {signed_percent(v.lift_low)} to {signed_percent(v.lift_high)}"


def _leader(v: Verdict) -> str:
    return arm_name(v.leader_variant or 0, v.leader_copy_version or 1)


def _rival(v: Verdict) -> str:
    return arm_name(v.rival_variant or 0, v.rival_copy_version or 1)


def _likely(v: Verdict) -> str:
    word = "likely better" if v.arms_compared == 2 else f"likely the best of {v.arms_compared}"
    return f"{probability_text(v.probability or 0)} {word}"


def _winner(v: Verdict) -> str:
    rest = "" if v.arms_compared == 2 else ", the next best,"
    return (
        f"{_leader(v)} beats {_rival(v)}{rest} on {NOUNS[v.metric]}: {_rates(v)}, {_likely(v)}, "
        f"{_lift(v)}. Called."
    )


def _leading(v: Verdict) -> str:
    lead = f"{_leader(v)} leads {_rival(v)} on {NOUNS[v.metric]}: {_rates(v)}, {_likely(v)}, "
    if v.reason is Reason.AUTOMATIC_SELECTION:
        return f"{lead}{_lift(v)}. Not called: Instantly itself chose who got which variant."
    return f"{lead}{_lift(v)}. Not called: {_to_go(v)}."


def _too_early(v: Verdict) -> str:
    head = f"Too early to say on {NOUNS[v.metric]}: {_rates(v, named=True)}."
    if v.reason is Reason.TOO_FEW_DAYS:
        return (
            f"Too early to say on {NOUNS[v.metric]}: {v.shared_days:,} of "
            f"{v.shared_days_needed:,} days so far."
        )
    return f"{head} Still needed: {_to_go(v)}."


def _to_go(v: Verdict) -> str:
    if v.sends_needed is None:
        return "no end in sight at these rates"
    if v.sends_needed == 0:
        return "waiting for answers to what was sent" + _days(v)
    return f"about {about(v.sends_needed)} more sends per arm{_days(v)}"


def _days(v: Verdict) -> str:
    if v.days_to_go is None:
        return ", but nothing was sent lately"
    if v.days_to_go > FAR_OFF:
        return ", over a year at this pace"
    return f", {v.days_to_go:,} {'day' if v.days_to_go == 1 else 'days'} at this pace"


def _no_difference(v: Verdict) -> str:
    return (
        f"No difference that matters between {_leader(v)} and {_rival(v)} on {NOUNS[v.metric]}: "
        f"{_rates(v)}, {_lift(v)}; a lift of {signed_percent(v.effect)} is ruled out."
    )


def _not_comparable(v: Verdict) -> str:
    noun = NOUNS[v.metric]
    if v.reason is Reason.TOO_LITTLE_SHARED_TIME:
        shared = f"the arms shared {v.shared_days:,} of the {v.shared_days_needed:,} days needed"
        return f"Not comparable on {noun}: {shared}."
    return f"Not comparable on {noun}: {_WHY[v.reason]}."


def _split(v: Verdict) -> str:
    head = (
        f"The split is off: from {v.split_smallest:,} to {v.split_largest:,} sends per arm on the "
        f"days when all were sending"
    )
    if v.reason is Reason.AUTOMATIC_SELECTION:
        return f"{head}; Instantly itself chose who got which variant, so rates are no test."
    return f"{head}, which chance does not explain; find out why before you compare rates."


def _no_data(_: Verdict) -> str:
    return "Nothing sent yet."


def _remarks(v: Verdict) -> list[str]:
    """Return the flags that an operator must not overlook."""
    noun = NOUNS[v.metric]
    said = v.status in (Status.WINNER, Status.LEADING)
    remarks = [
        (v.has_reversed_rates, "Rates are weighed by week; plainly pooled they point elsewhere."),
        (said and v.loses_on_positives, f"Ahead on {noun}, it loses on positives."),
        (said and v.has_more_automatic_replies, "It gets more automatic replies."),
        (v.has_waiting_arm, "An arm that joined late is not compared yet."),
    ]
    return [text for applies, text in remarks if applies]


_WHY = {
    Reason.ONE_ARM: "there is only one arm",
    Reason.NO_SHARED_TIME: "no two arms were sending at the same time",
    Reason.OPEN_TRACKING_OFF: "open tracking is off, so opens are unknown",
    Reason.LINK_TRACKING_OFF: "link tracking is off, so clicks are unknown",
    Reason.NOT_SYNCED: "these counts were not synced",
}

_MAIN: dict[Status, Callable[[Verdict], str]] = {
    Status.WINNER: _winner,
    Status.LEADING: _leading,
    Status.TOO_EARLY: _too_early,
    Status.NO_DIFFERENCE: _no_difference,
    Status.NOT_COMPARABLE: _not_comparable,
    Status.SPLIT_IS_OFF: _split,
    Status.NO_DATA: _no_data,
}
