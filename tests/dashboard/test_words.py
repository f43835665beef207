"""Numbers, names and texts: pure functions."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import words
from dashboard.copy_text import marked, text_of


@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NA, pd.NaT])
def test_unknown_is_a_dash_everywhere(unknown: object) -> None:
    for say in (words.count, words.rate, words.lift, words.likely, words.day, words.moment):
        assert say(unknown) == "–"
    assert words.interval(0.1, unknown) == "–"


def test_numbers() -> None:
    assert words.count(12345.0) == "12,345"
    assert words.rate(0) == "0.0 %"
    assert words.rate(0.0432) == "4.3 %"
    assert words.lift(-0.28) == "−28 %"
    assert words.likely(0.9999) == "over 99 %"


@given(st.text())
def test_markdown_of_others_is_shown_as_it_is(text: str) -> None:
    assert re.sub(r"\\(.)", r"\1", words.plain(text)) == words.name(text, "") or "\\" in text


@given(st.text(), st.text())
def test_marked_texts_are_the_texts(old: str, new: str) -> None:
    """Without the marks both sides say what they said, and no mark is anybody else's."""
    for text, shown in zip((old, new), marked(old, new), strict=True):
        assert html.unescape(re.sub(r"</?(?:del|ins)>", "", shown)) == html.unescape(
            html.escape(text)
        )
        assert not re.search(r"<(?!/?(?:del|ins)>)", shown)


def test_differences_are_words() -> None:
    left, right = marked("Hi {{firstName}}, quick question", "Hi {{firstName}}, short question")

    assert left == "Hi {{firstName}}, <del>quick</del> question"
    assert right == "Hi {{firstName}}, <ins>short</ins> question"


def test_a_body_is_read_as_a_person_reads_it() -> None:
    body = "<div>Hi&nbsp;{{firstName}},</div><div><br></div><p>see <a href='https://x.example'>this"
    body += "</a></p><img alt='logo' src='http://x'><script>alert(1)</script>"

    read = text_of(body)

    assert read == "Hi {{firstName}},\nsee this [https://x.example]\n[image logo]alert(1)"
    assert text_of("1 < 2 & 3 > 2") == "1 < 2 & 3 > 2"
