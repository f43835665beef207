"""The settings that decide: every threshold of the judgement, by its own variable.

    environment, .env ──> DecisionSettings (part of Settings) ──> pipelines.judge ──> Rules

Names, defaults and limits are those of `transforms.judgement.rules.Rules`: the variable of
`Rules.alpha` is DECISION_ALPHA. They are written out and not read off the class, because that
would load pandas and scipy into every command, `status` included; tests hold the two
together, field by field and value by value.
"""

from typing import Any, Literal

from pydantic_settings import BaseSettings

from pipelines.setting_values import setting


def _share(default: float, name: str, low: float, high: float, **limits: float) -> Any:
    """A probability or a share, between two numbers."""
    expects = f"a number between {low:g} and {high:g}"
    return setting(default, f"DECISION_{name}", expects, f"{default:g}", **limits)


def _days(default: int, name: str, least: int) -> Any:
    """A number of days, at most a year."""
    expects = f"a whole number of days from {least} to 365"
    return setting(default, f"DECISION_{name}", expects, f"{default}", ge=least, le=365)


class DecisionSettings(BaseSettings):
    """What counts as an answer; `Rules` says what each field means."""

    decision_metric: Literal["reply", "positive", "click", "open"] = setting(
        "reply", "DECISION_METRIC", "reply, positive, click or open", "reply"
    )
    decision_effect: float = setting(
        0.5,
        "DECISION_EFFECT",
        "a number above 0 and up to 10 (0.5 is half as many again)",
        "0.5",
        gt=0,
        le=10,
        allow_inf_nan=False,
    )
    decision_alpha: float = _share(0.05, "ALPHA", 0, 0.5, gt=0, lt=0.5)
    decision_power: float = _share(0.8, "POWER", 0.5, 1, gt=0.5, lt=1)
    decision_leading_probability: float = _share(0.9, "LEADING_PROBABILITY", 0.5, 1, gt=0.5, lt=1)
    decision_leading_share: float = _share(0.25, "LEADING_SHARE", 0, 1, ge=0, lt=1)
    decision_shared_days: int = _days(14, "SHARED_DAYS", 1)
    decision_ramp_days: int = _days(7, "RAMP_DAYS", 0)
    decision_idle_days: int = _days(14, "IDLE_DAYS", 1)
    decision_split_alpha: float = _share(0.001, "SPLIT_ALPHA", 0, 0.5, gt=0, lt=0.5)
    decision_guardrail_alpha: float = _share(0.1, "GUARDRAIL_ALPHA", 0, 0.5, gt=0, lt=0.5)
    decision_mail_coverage: float = _share(0.98, "MAIL_COVERAGE", 0.5, 1, gt=0.5, le=1)
