"""The pages in a real browser: what they show, where they lead, whom they ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard import words
from dashboard.links import PAGES
from tests.dashboard.conftest import Site
from tests.dashboard.marts import NASTY, shapes, small_world, write

if TYPE_CHECKING:
    from playwright.sync_api import Page

NEWER_MARTS = (
    "account_performance", "account_tags", "agency_performance", "campaign_lead_funnel",
    "campaign_tags", "dim_accounts", "fct_account_engagement_daily", "tag_performance",
    "variant_verdicts", "variant_arms",
)  # fmt: skip
CORE = (
    "warehouse_info", "dim_workspaces", "dim_campaigns", "campaign_performance",
    "fct_campaign_engagement_daily", "sync_status", "workspace_performance",
)  # fmt: skip


def text_of(page: Page) -> str:
    return re.sub(r"\s+", " ", page.locator(".stMain").inner_text())


def filters_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_no_file_empty_marts_and_half_a_warehouse_are_pages_too(clean: Site) -> None:
    """One tab stays open while the file comes, grows, is replaced and spoilt."""
    clean.warehouse.unlink(missing_ok=True)
    page = clean.visit("/")
    assert "No warehouse here yet" in text_of(page)

    write(clean.warehouse, {})
    page.wait_for_selector("text=No campaign here yet")
    for title in clean.walk(page):
        text = text_of(page)
        assert text.startswith(title)
        assert "rror" not in text

    world = small_world()
    write(clean.warehouse, {mart: world[mart] for mart in CORE}, without=NEWER_MARTS)
    page.wait_for_selector("text=Was everything read?")
    for title in clean.walk(page):
        text = text_of(page)
        assert text.startswith(title)
        assert ("Not in this warehouse" in text) is (
            title in ("Overview", "Campaigns", "A/B", "Accounts")
        )
        assert page.locator(".stException").count() == 0

    write(clean.warehouse, world)
    page.wait_for_selector("text=1,234")
    world["restatements"][0]["old_value"] = 7777
    write(clean.warehouse, world)
    page.wait_for_selector("text=7,777")

    clean.warehouse.write_bytes(b"no database" * 1000)
    page.wait_for_selector("text=The warehouse cannot be read")
    assert "is not a DuckDB file" in text_of(page)


def test_numbers_are_those_of_the_marts(clean: Site) -> None:
    world = small_world()
    write(clean.warehouse, world)
    total = world["agency_performance"][0]

    overview = text_of(clean.visit("/"))
    for row in (total, *world["workspace_performance"], *world["campaign_performance"]):
        assert words.count(row["sent"]) in overview
        for rate in ("reply_rate", "positive_rate", "bounce_rate"):
            assert words.rate(row.get(rate)) in overview
    campaigns = text_of(clean.visit("/campaigns"))
    for row in world["campaign_performance"]:
        assert words.rate(row.get("open_rate")) in campaigns
        bounds = (row.get("reply_rate_low"), row.get("reply_rate_high"))
        assert words.interval(*bounds) in campaigns
    assert "5,123" in campaigns
    ab = text_of(clean.visit("/ab"))
    for arm in world["variant_arms"]:
        for told in (
            words.count(arm["sent"]),
            words.rate(arm["rate"]),
            words.interval(arm["rate_low"], arm["rate_high"]),
            words.likely(arm["probability"]),
            words.lift(arm["lift"]),
            f"{words.count(arm['mature_sent'])} of 2,219",
        ):
            assert told in ab
    assert world["variant_verdicts"][0]["sentence"] in ab
    assert "Mind: text edited." in ab
    copy = text_of(clean.visit("/copy"))
    assert "Quick question 1 campaign, 1 place in use 2,000 800 60 10 14" in copy
    accounts = text_of(clean.visit("/accounts"))
    assert words.rate(world["account_performance"][0]["bounce_rate"]) in accounts
    assert "71 of 100" in accounts
    people = text_of(clean.visit("/people"))
    assert "Eve <script> eve@acme.example owner 1 3 12 1 4,000" in people
    trust = text_of(clean.visit("/trust"))
    for told in ("2026-11-22 12:00 UTC", "run-1", "leads:read", "1,234", "1,199", "−0.3 %"):
        assert told in trust


def test_unknown_is_never_zero(clean: Site) -> None:
    """Tracking off, nothing sent: a dash in the row, in the funnel and on the chart."""
    write(clean.warehouse, small_world())

    page = clean.visit("/campaigns?workspace=w1&campaign=c2")
    row = page.locator("table[role=table] tbody tr").first.locator("td").all_inner_texts()
    assert row[:2] == ["Quiet opens", "active"]
    assert row[3] == "–"
    assert "– unknown: tracking is off" in text_of(page)
    draft = clean.visit("/campaigns?workspace=w1&campaign=c3")
    row = draft.locator("table[role=table] tbody tr").first.locator("td").all_inner_texts()
    assert row[2:] == ["0", "–", "–", "–", "–", "–", "–"]


@pytest.mark.parametrize("address", PAGES)
def test_text_of_others_stays_text_and_a_phone_is_wide_enough(clean: Site, address: str) -> None:
    """Markup of every kind in names, subjects, bodies and messages, on a dark and narrow screen.

    Nothing of a page hangs out sideways; what is wider scrolls in its own box.
    """
    write(clean.warehouse, small_world())

    page = clean.visit(f"/{address}", width=390, dark=True)

    assert page.evaluate("window.hacked") is None
    assert page.locator(".stMain script, .stMain img").count() == 0
    assert page.locator('.stMain [href*="192.0.2.1"]').count() == 0
    told = "<script>window.hacked = 1</script>" if address == "accounts" else NASTY
    assert told in text_of(page)
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.stMain *')]"
        ".filter(e => !e.closest('.wide') && !e.closest('svg, canvas, details'))"
        ".map(e => e.getBoundingClientRect().right))"
    )
    assert widest <= 390
    dark = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 60


@pytest.mark.parametrize("width", [1280, 820])
def test_no_table_is_cut_at_the_side(clean: Site, width: int) -> None:
    """Also with long states, versions of texts and seven figures, beside the menu."""
    world = small_world()
    late = {"state": "disabled", "is_waiting": True, "total_sent": 1_234_567, "sent": 1_100_000}
    world["variant_arms"][1] |= late | {"mature_sent": 1_050_000.0, "events": 52_500.0}
    world["variant_arms"] += [
        {**arm, "copy_version": 2, "lift_low": -0.99, "lift_high": 21.5}
        for arm in world["variant_arms"]
    ]
    write(clean.warehouse, world)

    page = clean.visit("/", width=width)
    for title in clean.walk(page):
        assert not page.evaluate(
            "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => e.ariaLabel)"
        ), title


def test_a_link_shows_somebody_else_the_same_view(clean: Site) -> None:
    """Chosen with the mouse here, opened from the address there: the same words."""
    write(clean.warehouse, small_world())
    page = clean.visit("/campaigns")
    for name, option in (("Days", "From … to …"), ("Tag", "EMEA <i>"), ("Workspace", "Acme <b>")):
        page.get_by_role("combobox", name=name).click()
        page.get_by_role("option", name=option).click()
        page.wait_for_function(
            "text => document.querySelector('.stMain .small')?.innerText.includes(text)",
            arg="days 2026-10-24" if name == "Days" else option,
        )
        clean.settle(page)

    there = clean.visit(page.url)

    assert filters_of(page) == {
        "workspace": ["w1"], "tag": ["EMEA <i>"], "period": ["2026-10-24..2026-11-20"],
    }  # fmt: skip
    assert "Acme <b> · tag EMEA <i> · days 2026-10-24 to 2026-11-20" in text_of(there)
    # sorted, because a chart that is drawn again writes its axis in another order
    assert sorted(text_of(there).split()) == sorted(text_of(page).split())


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_out(clean: Site, dark: bool) -> None:
    """Contrast, names of controls, headings, landmarks, tables: by the rules of axe-core.

    Left out is the one place where Streamlit's own shell breaks a rule: its link past the menu
    lies outside of every landmark.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    write(clean.warehouse, small_world())
    page = clean.visit("/", dark=dark)
    for title in clean.walk(page):
        found = axe.run(page, options={"rules": {"region": {"enabled": False}}})
        assert found.violations_count == 0, f"{title}\n{found.generate_report()}"


def test_two_texts_stand_side_by_side_with_what_differs(clean: Site) -> None:
    write(clean.warehouse, small_world())

    page = clean.visit("/ab?workspace=w1&campaign=c1")

    assert "here [https://192.0.2.1/y]" in text_of(page)
    assert "0" in page.locator(".mail del").all_inner_texts()
    assert "1" in page.locator(".mail ins").all_inner_texts()


def test_filters_live_in_the_address(clean: Site) -> None:
    """Chosen, they are in the address; sent, they are chosen; they stay from page to page."""
    write(clean.warehouse, small_world())

    page = clean.visit("/")
    page.get_by_role("combobox", name="Workspace").click()
    page.get_by_role("option", name="Globex").click()
    page.wait_for_url("**workspace=w2**")
    clean.settle(page)
    assert "6,600" not in text_of(page)
    assert "Gone" in text_of(page)
    page.get_by_role("link", name="Campaigns", exact=True).click()
    clean.arrive(page, "Campaigns")
    assert filters_of(page) == {"workspace": ["w2"]}
    page.get_by_role("button", name="Clear all filters").click()
    page.wait_for_selector("text=5,123")
    clean.settle(page)
    assert filters_of(page) == {}

    sent = clean.visit("/campaigns?tag=EMEA+%3Ci%3E&period=7d")
    assert "4,000" in text_of(sent)
    assert "Quiet opens" not in text_of(sent)
    assert "tag EMEA <i> · days 2026-11-14 to 2026-11-20" in text_of(sent)
    stale = clean.visit("/campaigns?campaign=gone-for-good")
    assert "The link names a campaign that is not in this warehouse" in stale.inner_text("body")
    assert filters_of(stale) == {}


def test_links_lead_to_what_they_name(clean: Site) -> None:
    """From what needs somebody to the verdict; of two campaigns of one name to the right one."""
    write(clean.warehouse, small_world())

    page = clean.visit("/")
    needed = page.locator('.wide[aria-label="What needs you"] tbody tr')
    needed.filter(has_text="Step 1: B wins on replies").get_by_role("link").click()
    clean.arrive(page, "A/B")
    assert filters_of(page) == {"workspace": ["w1"], "campaign": ["c1"]}
    page.goto("/")
    clean.settle(page)
    page.locator('a[href*="campaign=c4"]').first.click()
    clean.arrive(page, "Campaigns")
    assert "500" in text_of(page)
    assert "2,000" not in text_of(page)


def test_the_keyboard_reaches_menu_tables_and_links(clean: Site) -> None:
    write(clean.warehouse, small_world())
    page = clean.visit("/")

    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.closest('[data-testid=stSidebarNav]') ? 'menu' :"
                " e.matches('.wide') ? 'table' : e.closest('.wide') ? 'link' :"
                " e.closest('[data-testid=stSelectbox]') ? 'filter' : '')(document.activeElement)"
            )
        )

    assert {"menu", "filter", "table", "link"} <= reached


def test_every_mart_that_a_page_asks_for_is_in_the_contract() -> None:
    """No raw, staged or judged table: those are nobody's business."""
    from pathlib import Path

    import dashboard

    room = Path(dashboard.__file__).parent
    code = "\n".join(path.read_text("utf-8") for path in room.rglob("*.py"))
    questions = "\n".join((room / f"{name}.py").read_text() for name in ("conditions", "queries"))
    asked = set(re.findall(r"(?:from|join) ([a-z_]+)(?: as \w+)?\b", questions))

    assert not re.search(r"instantly_(raw|staging|judged)", code)
    known = set(shapes()) | {"last_days", "verdicts", "differing", "counted"}
    assert {name for name in asked if "_" in name} <= known | {"collections", "__future__"}
