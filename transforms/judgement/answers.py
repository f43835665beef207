"""Judged becomes answered: one frozen `Verdict` per step, one frozen `ArmReport` per arm.

These are the rows of `variant_verdicts` and `variant_arms`, field by field; the frames are nothing
but lists of them. A verdict checks itself when it is built: its reason must be one that may stand
beside its status, a winner needs a name, and silence has none.
"""

from dataclasses import dataclass
from datetime import date, datetime

from transforms.judgement.statuses import ALLOWED, ArmState, Basis, Metric, Reason, Status


def variant_label(variant: int) -> str:
    """Return A for 0, B for 1 … Z, AA: what people call a variant."""
    label = ""
    variant += 1
    while variant:
        variant, letter = divmod(variant - 1, 26)
        label = chr(ord("A") + letter) + label
    return label


def arm_name(variant: int, copy_version: int) -> str:
    """Return how a sentence names an arm: B, or "B (text 2)" once its text was edited."""
    label = variant_label(variant)
    return label if copy_version <= 1 else f"{label} (text {copy_version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmReport:
    """One arm of a step. Grain: workspace × campaign × step × variant × copy version.

    Numbers of the shared window (null for an arm that is not compared):
    sent: mails sent in it. mature_sent: those whose answers were due in it (delay.py).
    events: distinct leads with the decision metric's event in it.
    rate, rate_low, rate_high: weighted by week alike for all arms, with interval; 0 to 1.
    probability: of being the best; expected_loss: of rate, when choosing this arm.
    difference (of rates) and lift (relative), each with interval: against the best other arm
    (`rival_variant`, `rival_copy_version`) and, `baseline_…`, against the first compared arm (A).
    p_value: against the best other, Holm-corrected; the leader's is that of beating all others.
    positive_rate, auto_reply_rate: guardrails, weighted the same way.

    Numbers of the arm's whole life: total_sent, total_events, first_sent_on, last_sent_on.
    """

    workspace_id: str
    campaign_id: str
    step: int
    variant: int
    copy_version: int
    step_number: int
    variant_label: str
    metric: Metric
    state: ArmState
    is_compared: bool
    is_waiting: bool
    is_leader: bool
    window_from: date | None = None
    window_to: date | None = None
    sent: int | None = None
    mature_sent: float | None = None
    events: float | None = None
    rate: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    probability: float | None = None
    expected_loss: float | None = None
    rival_variant: int | None = None
    rival_copy_version: int | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    p_value: float | None = None
    baseline_variant: int | None = None
    baseline_copy_version: int | None = None
    baseline_difference: float | None = None
    baseline_difference_low: float | None = None
    baseline_difference_high: float | None = None
    baseline_lift: float | None = None
    baseline_lift_low: float | None = None
    baseline_lift_high: float | None = None
    positive_rate: float | None = None
    auto_reply_rate: float | None = None
    total_sent: int
    total_events: float
    first_sent_on: date | None
    last_sent_on: date | None
    judged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement on one step. Grain: workspace × campaign × step.

    winner_…: set only with status `winner`. leader_… and rival_…: the arm most likely to be the
    best and the best of the others, with the numbers that the sentence quotes.
    probability, expected_loss, lift, lift_low, lift_high, p_value: of the leader against the rival
    (probability and p_value: against all others).
    sends_floor: sends per arm before anything is called. sends_needed: more sends per arm until a
    verdict if rates stay as they are, days_to_go: at the pace of the last two weeks; both null
    where a verdict stands, or where none is in sight.
    split_p_value: of the sample-ratio check.
    mail_coverage: mails of the window that are known one by one, over those that the report counts;
    null where no e-mails were given.
    """

    workspace_id: str
    campaign_id: str
    step: int
    step_number: int
    metric: Metric
    status: Status
    reason: Reason
    sentence: str = ""
    arms: int = 0
    arms_compared: int = 0
    winner_variant: int | None = None
    winner_copy_version: int | None = None
    leader_variant: int | None = None
    leader_copy_version: int | None = None
    leader_rate: float | None = None
    leader_events: int | None = None
    leader_sent: int | None = None
    rival_variant: int | None = None
    rival_copy_version: int | None = None
    rival_rate: float | None = None
    rival_events: int | None = None
    rival_sent: int | None = None
    probability: float | None = None
    expected_loss: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    p_value: float | None = None
    effect: float
    sends_floor: int | None = None
    sends_needed: int | None = None
    days_to_go: int | None = None
    window_from: date | None = None
    window_to: date | None = None
    shared_days: int | None = None
    shared_days_needed: int
    split_p_value: float | None = None
    split_smallest: int | None = None
    split_largest: int | None = None
    basis: Basis
    mail_coverage: float | None = None
    has_auto_selection: bool = False
    has_paused_arm: bool = False
    has_vanished_arm: bool = False
    has_edited_copy: bool = False
    has_waiting_arm: bool = False
    has_switched_tracking: bool = False
    has_changed_accounts: bool = False
    has_reversed_rates: bool = False
    loses_on_positives: bool = False
    has_more_automatic_replies: bool = False
    judged_at: datetime

    def __post_init__(self) -> None:
        if self.reason not in ALLOWED[self.status]:
            raise ValueError(f"{self.reason.value!r} is no reason for {self.status.value!r}")
        if (self.status is Status.WINNER) != (self.winner_variant is not None):
            raise ValueError(f"a winner is named with status 'winner' only, not {self.status!r}")
