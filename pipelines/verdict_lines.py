"""The verdicts of a report as lines for people: what to call, where to look, what to let run.

    Report.verdicts ─> groups() ─> "call these", "look here", "keep sending" ─> report_formats

A line names campaign and step, repeats the sentence of the mart word for word, and puts the flags
behind it that the sentence does not speak of. The best reads stand first: within a group by status,
then by how likely the leader is the best, those of deleted campaigns last. Steps on which nothing
can be compared, ever (one variant, no mail), are only counted: a workspace has dozens of them, and
they would bury the one line that somebody can act on. JSON and CSV have them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.report import Report, Verdict
from pipelines.text import one_line

GROUPS = {
    "call these": ("winner",),
    "look here": ("split is off", "not comparable"),
    "keep sending": ("leading", "no difference", "too early", "no data"),
}
BEST_FIRST = tuple(status for statuses in GROUPS.values() for status in statuses)
NOTHING_TO_COMPARE = ("one arm", "nothing sent")
FLAGS = {
    "has_auto_selection": "automatic selection",
    "has_edited_copy": "text edited",
    "has_paused_arm": "variant paused",
    "has_vanished_arm": "variant removed",
    "has_switched_tracking": "tracking switched",
    "has_changed_accounts": "accounts changed",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that ask the same of the reader, under a title that says what."""

    title: str
    lines: tuple[str, ...]


def groups(report: Report) -> tuple[Group, ...]:
    """The groups that have lines, the most urgent first."""
    ranked = sorted(_comparable(report), key=lambda verdict: _usefulness(report, verdict))
    found = (
        Group(title, tuple(_line(report, v) for v in ranked if _title(v) == title))
        for title in GROUPS
    )
    return tuple(group for group in found if group.lines)


def left_out(report: Report) -> str:
    """How many steps have nothing to compare, in words; empty when there are none."""
    count = len(report.verdicts) - len(_comparable(report))
    if not count:
        return ""
    steps = "1 step has" if count == 1 else f"{count:,} steps have"
    return f"{steps} nothing to compare: one variant only, or nothing sent."


def _comparable(report: Report) -> list[Verdict]:
    return [v for v in report.verdicts if v.reason not in NOTHING_TO_COMPARE]


def _title(verdict: Verdict) -> str:
    """The group of a status; one that is not known here is worth a look."""
    return next((t for t, statuses in GROUPS.items() if verdict.status in statuses), "look here")


def _usefulness(report: Report, verdict: Verdict) -> tuple[bool, int, float]:
    known = verdict.status in BEST_FIRST
    rank = BEST_FIRST.index(verdict.status) if known else len(BEST_FIRST)
    is_deleted = report.campaign_of(verdict).is_deleted
    return is_deleted, rank, -(verdict.probability or 0.0)


def _line(report: Report, verdict: Verdict) -> str:
    """`Campaign, step 1: B leads A … [text edited]`."""
    campaign = report.campaign_of(verdict)
    name = one_line(campaign.campaign_name or campaign.campaign_id)
    flags = [words for name, words in FLAGS.items() if getattr(verdict, name)]
    flags += ["each reply credited to its mail"] if verdict.basis == "cohorts" else []
    flags += ["campaign deleted"] if campaign.is_deleted else []
    mind = f" [{', '.join(flags)}]" if flags else ""
    return f"{name}, step {verdict.step_number}: {one_line(verdict.sentence)}{mind}"
