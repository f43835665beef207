"""Every threshold of the judgement, in one frozen value.

The settings fill it, the engine reads it, nothing else holds a threshold. A value that cannot be
right is refused when it is built, with the name of the field in the message.
"""

from dataclasses import dataclass

from transforms.judgement.statuses import Metric


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as an answer.

    metric: what arms are compared on.
    effect: the relative lift that matters (0.5 = half as many again). It sets the floor of sends
        and what "no difference" rules out.
    alpha: chance of ever calling a false winner, however often one looks; 1 - alpha is also the
        level of every interval.
    power: chance of seeing `effect` at the floor with a test of fixed size.
    leading_probability: probability of being best from which an arm is said to lead.
    leading_share: share of the floor below which nobody leads, however likely it looks (9 against
        3 replies on 200 sends is 96 % likely and says nothing).
    shared_days: days that the arms must have shared; two weeks, so that each weekday counts twice.
    ramp_days: days skipped after an arm joined late or its text was edited, while replies to
        earlier mails still come in.
    idle_days: an arm that sent nothing for so long before the step's last sending day is out; also
        the span over which the pace of sending is taken.
    split_alpha: p-value of the sample-ratio check below which the split is off.
    guardrail_alpha: one-sided p-value from which a guardrail (positives, automatic replies) says
        that the winner is worse there.
    """

    metric: Metric = Metric.REPLY
    effect: float = 0.5
    alpha: float = 0.05
    power: float = 0.8
    leading_probability: float = 0.9
    leading_share: float = 0.25
    shared_days: int = 14
    ramp_days: int = 7
    idle_days: int = 14
    split_alpha: float = 0.001
    guardrail_alpha: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", Metric(self.metric))
        if not 0 < self.effect <= 10:
            raise ValueError(f"effect must be above 0 and at most 10 (1000 %), not {self.effect}")
        for name in ("alpha", "split_alpha", "guardrail_alpha"):
            _check(name, getattr(self, name), 0.0, 0.5)
        for name in ("power", "leading_probability"):
            _check(name, getattr(self, name), 0.5, 1.0)
        _check("leading_share", self.leading_share, -1e-9, 1.0)
        for name in ("shared_days", "idle_days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1 day, not {getattr(self, name)}")
        if self.ramp_days < 0:
            raise ValueError(f"ramp_days must not be negative, not {self.ramp_days}")


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low < value < high:
        raise ValueError(f"{name} must lie between {max(low, 0):g} and {high:g}, not {value:g}")
