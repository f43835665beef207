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
    mail_coverage: share of the window's mails and repliers that the e-mails must show, for every
        arm, before they replace the reports (cohorts.py).
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
    mail_coverage: float = 0.98

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", Metric(self.metric))
        if not 0 < self.effect <= 10:
            raise ValueError(f"effect must be above 0 and at most 10 (1000 %), not {self.effect}")
        for name in ("alpha", "split_alpha", "guardrail_alpha"):
            self._require(name, 0 < getattr(self, name) < 0.5, "between 0 and 0.5")
        for name in ("power", "leading_probability"):
            self._require(name, 0.5 < getattr(self, name) < 1, "between 0.5 and 1")
        self._require("leading_share", 0 <= self.leading_share < 1, "at least 0 and below 1")
        self._require("mail_coverage", 0.5 < self.mail_coverage <= 1, "above 0.5 and at most 1")
        for name, least in (("shared_days", 1), ("idle_days", 1), ("ramp_days", 0)):
            self._require(name, least <= getattr(self, name) <= 365, f"{least} to 365 days")

    def _require(self, name: str, is_right: bool, words: str) -> None:
        if not is_right:
            raise ValueError(f"{name} must be {words}, not {getattr(self, name)}")
