"""What a session says at its end."""

from __future__ import annotations

from collections import Counter

from chaos.session import summary


def test_the_line_that_is_asked_for() -> None:
    tally = Counter({"kills": 231, "faults": 804, "commands": 1210, "signals": 40, "stale": 1})
    line, commands, others, unproven = summary(200, tally, {"leads"})

    assert line == (
        "200 schedules, 231 kills, 804 faults: 0 lost, 0 doubled, 1 stale, 0 false success"
    )
    assert commands == "1210 commands, 40 of them told to stop"
    assert others.startswith("other promises broken: 0 snapshot, 0 dishonest")
    assert unproven == "not compared, for want of a naive question: leads"
