"""The world that a newcomer sees: every rule of the metrics has a case in it.

    Founders, DACH – Q4          B is truly better        Heads of Ops       A and B are the same
    Beschaffung & Einkauf        C starts late            Восток             copy edited on day 2
    الشرق الأوسط                 open tracking off        自动选择           automatic selection
    Draft · Webinar · O'Neil     never sent · finished · deleted on day 4

Names and copy carry quotes, emoji, several scripts, merge tags, spin syntax and what a spreadsheet
would take for a formula. Eve has left and still owns two campaigns.
"""

from __future__ import annotations

from sandbox.specs import (
    CampaignSpec,
    Change,
    Effect,
    ListSpec,
    Step,
    Variant,
    WorkspaceSpec,
    WorldSpec,
)
from sandbox.worlds.parts import PEOPLE, texts

_LISTS = (
    ListSpec("Imported 2025", 130, 480),
    ListSpec("Messe Köln «Halle 7»", 60, 50),
    ListSpec("SuperSearch: CFOs", 45, 20, enriched=True),
)
_EDITED = "{{companyName}}: a shorter second try"
_CHANGES = (
    Change(1.0, "restate_day", {"campaign": 1, "days_ago": 21, "sent": 3}),
    Change(2.0, "edit_copy", {"campaign": 3, "variant": 1, "reply": 0.055, "subject": _EDITED}),
    Change(2.5, "late_reply", {"campaign": 0, "days_ago": 33, "step": 0, "variant": 1}),
    Change(3.0, "move_reply", {"campaign": 0, "days_ago": 2, "to_days_ago": 5}),
    Change(4.0, "delete_campaign", {"campaign": 8}),
)
_Text = tuple[str, Effect]


def demo() -> WorldSpec:
    """One workspace of nine campaigns over 45 days, and what happens in the four days after."""
    campaigns = (
        _winner(),
        _even(),
        _late(),
        _edited(),
        _untracked(),
        _automatic(),
        CampaignSpec("Draft: ideas, not sent", (), 120, 20, None, owner=1),
        _finished(),
        _doomed(),
    )
    workspace = WorkspaceSpec(
        "Demo Outreach GmbH",
        "demo",
        campaigns,
        PEOPLE,
        mailboxes=9,
        age_days=600,
        lists=_LISTS,
    )
    return WorldSpec("demo", (workspace,), _CHANGES)


def _step(*pairs: _Text, delay: int = 3) -> Step:
    return Step(texts(*pairs), delay)


def _winner() -> CampaignSpec:
    steps = (
        _step(
            ("Quick question about {{companyName}}", Effect(0.44, 0.012, 0.024)),
            ("{{firstName}}, 11 hours a week back?", Effect(0.55, 0.02, 0.058, 0.015, 0.38)),
        ),
        _step(("", Effect(0.38, 0.01, 0.012)), ("Re: one question", Effect(0.39, 0.012, 0.013))),
    )
    return CampaignSpec(
        "Founders, DACH – Q4", steps, 8600, 160, 45, pl_value=1500, subsequences=2, tags=(0,)
    )


def _even() -> CampaignSpec:
    steps = (
        _step(
            ("{Hi|Hello|Hey} {{firstName}} — a thought", Effect(0.47, 0.015, 0.045)),
            ("Saw your note on “quality”", Effect(0.46, 0.015, 0.045)),
            delay=4,
        ),
        _step(("Worth a look?", Effect(0.4, 0.01, 0.015))),
    )
    name = 'Heads of Ops "no difference"'
    return CampaignSpec(name, steps, 7400, 180, 43, owner=1, null_style="text")


def _late() -> CampaignSpec:
    first = texts(
        ("How {{companyName}} buys", Effect(0.42, 0.01, 0.028)),
        ('The "boring" part of buying', Effect(0.43, 0.01, 0.026)),
    )
    body = "<div>C 🚀 {{firstName}}</div>"
    third = Variant("Variant C, born late ✨", body, Effect(0.5, 0.02, 0.045), since_day=24)
    follow_up = _step(
        ("", Effect(0.33, 0.01, 0.012)),
        ("Last one, promise", Effect(0.35, 0.01, 0.016)),
    )
    steps = (Step((*first, third)), follow_up)
    return CampaignSpec("Beschaffung & Einkauf 🚀", steps, 2600, 55, 45, owner=2, tags=(0, 1))


def _edited() -> CampaignSpec:
    steps = (
        _step(
            ("Спасибо за вчера, {{firstName}}", Effect(0.41, 0.01, 0.03)),
            ("Второе письмо: 15 минут?", Effect(0.4, 0.01, 0.022)),
        ),
        _step(("{{companyName}} — напоминание", Effect(0.36, 0.01, 0.014))),
    )
    name = "Восток: руководители закупок"
    return CampaignSpec(name, steps, 2000, 45, 40, owner=3, null_style="variant")


def _untracked() -> CampaignSpec:
    steps = (
        _step(
            ("سؤال سريع عن {{companyName}}", Effect(0.5, 0.0, 0.035)),
            ("{{firstName}}، دقيقتان؟", Effect(0.5, 0.0, 0.04)),
        ),
        _step(("متابعة", Effect(0.4, 0.0, 0.018))),
    )
    name = "الشرق الأوسط – بدون تتبع"
    return CampaignSpec(name, steps, 1500, 28, 38, open_tracking=False, owner=4)


def _automatic() -> CampaignSpec:
    first = texts(
        ("给{{companyName}}的一个建议", Effect(0.45, 0.02, 0.022)),
        ("关于交付时间", Effect(0.47, 0.02, 0.034)),
    )
    steps = (
        Step(first, reweighted=((18, (0.25, 0.75)),)),
        _step(("再次联系", Effect(0.35, 0.01, 0.012))),
    )
    name = "自动选择 (auto)"
    return CampaignSpec(name, steps, 1800, 34, 41, auto_variant_select="reply_rate", owner=2)


def _finished() -> CampaignSpec:
    step = _step(
        ("Webinar | 12 seats", Effect(0.48, 0.06, 0.02)),
        ("=SUM(1;1) is not how you plan", Effect(0.45, 0.05, 0.021)),
    )
    return CampaignSpec("Webinar invitees (done)", (step,), 620, 48, 44, owner=None, tags=(1,))


def _doomed() -> CampaignSpec:
    step = _step(
        ("O'Neil's \"last\" offer; really", Effect(0.36, 0.01, 0.015)),
        ("Before it goes away", Effect(0.37, 0.01, 0.018)),
    )
    return CampaignSpec("O'Neil | legacy offer", (step,), 900, 16, 36, owner=4, null_style="text")
