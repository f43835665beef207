"""The closed lists: what a judgement can say, and why it says it.

A verdict is one `Status` and one `Reason`. Both are closed, and which reason may stand beside
which status is written down once, in `ALLOWED`, so that "winner, because nothing was sent" cannot
be built. Free text was refused: a dashboard filters on these words and a translation needs them.

    observed (counts) -> asked (which arms, which weeks) -> judged (numbers) -> answered (this)
"""

from enum import StrEnum


class Metric(StrEnum):
    """What the arms are compared on; the value is the word in the settings and in the marts."""

    REPLY = "reply"
    POSITIVE = "positive"
    CLICK = "click"
    OPEN = "open"


class Basis(StrEnum):
    """How events meet sends: counted on their own day, or each credited to its own mail."""

    WINDOWS = "windows"
    COHORTS = "cohorts"


class ArmState(StrEnum):
    """What an arm is doing now. Only `ACTIVE` arms compete while at least two of them do."""

    ACTIVE = "active"
    PAUSED = "paused"
    REPLACED = "replaced"
    VANISHED = "vanished"


class Status(StrEnum):
    """What can be said about a step."""

    WINNER = "winner"
    LEADING = "leading"
    NO_DIFFERENCE = "no difference"
    TOO_EARLY = "too early"
    NOT_COMPARABLE = "not comparable"
    SPLIT_IS_OFF = "split is off"
    NO_DATA = "no data"


class Reason(StrEnum):
    """Why it is said, or why nothing more is said."""

    BOUND_CROSSED = "bound crossed"
    EFFECT_EXCLUDED = "effect excluded"
    BELOW_FLOOR = "below the floor"
    NOT_YET_SURE = "not yet sure"
    TOO_FEW_DAYS = "too few days"
    AUTOMATIC_SELECTION = "automatic selection"
    UNEVEN_SPLIT = "uneven split"
    ONE_ARM = "one arm"
    NO_SHARED_TIME = "no shared time"
    TOO_LITTLE_SHARED_TIME = "too little shared time"
    OPEN_TRACKING_OFF = "open tracking off"
    LINK_TRACKING_OFF = "link tracking off"
    NOT_SYNCED = "metric not synced"
    NOTHING_SENT = "nothing sent"


ALLOWED: dict[Status, frozenset[Reason]] = {
    Status.WINNER: frozenset({Reason.BOUND_CROSSED}),
    Status.LEADING: frozenset(
        {Reason.BELOW_FLOOR, Reason.NOT_YET_SURE, Reason.AUTOMATIC_SELECTION}
    ),
    Status.NO_DIFFERENCE: frozenset({Reason.EFFECT_EXCLUDED}),
    Status.TOO_EARLY: frozenset({Reason.BELOW_FLOOR, Reason.NOT_YET_SURE, Reason.TOO_FEW_DAYS}),
    Status.NOT_COMPARABLE: frozenset(
        {
            Reason.ONE_ARM,
            Reason.NO_SHARED_TIME,
            Reason.TOO_LITTLE_SHARED_TIME,
            Reason.OPEN_TRACKING_OFF,
            Reason.LINK_TRACKING_OFF,
            Reason.NOT_SYNCED,
        }
    ),
    Status.SPLIT_IS_OFF: frozenset({Reason.UNEVEN_SPLIT, Reason.AUTOMATIC_SELECTION}),
    Status.NO_DATA: frozenset({Reason.NOTHING_SENT}),
}
