"""Invented people who receive the mail: names in several scripts, companies, odd variables.

Every person has a number in its workspace. Most appear in one campaign; some numbers are shared by
several, and then the same address is a lead in each (quirk D4). All domains end in `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.ids import digest

_FIRST = (
    "Maria",
    "Jonas",
    "Léa",
    "Tomasz",
    "Aïcha",
    "Kenji",
    "Olga",
    "Priya",
    "Sven",
    "Fatima",
    "Diego",
    "Ingrid",
    "Wei",
    "Noor",
    "Ewan",
    "Zoë",
    "Mateo",
    "Hana",
    "Björn",
    "Amara",
    "Luca",
    "Yusuf",
    "Chloé",
    "Ivan",
)
_LAST = (
    "Keller",
    "Novák",
    "O'Brien",
    "Müller",
    "García",
    "Tanaka",
    "Иванова",
    "Singh",
    "Lindqvist",
    "الحسن",
    "Rossi",
    "Dubois",
    "王",
    "Okoro",
    "Smith-Jones",
    "Ståhl",
    "Costa",
    "Nguyễn",
    "Fischer",
    "MacLeod",
)
_COMPANIES = (
    "Alder",
    "Borealis",
    "Cobalt",
    "Drift",
    "Ember",
    "Fjord",
    "Garnet",
    "Harbor",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meridian",
    "Nimbus",
    "Onyx",
    "Prairie",
    "Quarry",
    "Rowan",
    "Saffron",
    "Tundra",
)
_FORMS = ("GmbH", "Ltd", "Inc.", "S.p.A.", "& Söhne", "株式会社")
_TITLES = ("Head of Operations", "CFO", "Founder & CEO", "Leiter Einkauf", "VP Sales", "Buyer")
SHARED_EVERY = 25
_SHARED_FROM = 10_000_000


@dataclass(frozen=True)
class Contact:
    """One invented person."""

    number: int
    first: str
    last: str
    email: str
    company: str
    domain: str
    title: str
    phone: str | None


def number_of(campaign: int, lead: int) -> int:
    """The person behind a lead: every 25th is shared by all campaigns of the workspace."""
    return _SHARED_FROM + lead if lead % SHARED_EVERY == 7 else campaign * 100_000 + lead


@lru_cache(maxsize=100_000)
def contact(seed: int, workspace: int, number: int) -> Contact:
    """The person with this number."""
    raw = digest("person", seed, workspace, number, size=8)
    first, last = _FIRST[raw[0] % len(_FIRST)], _LAST[raw[1] % len(_LAST)]
    company = _COMPANIES[raw[2] % len(_COMPANIES)]
    domain = f"{company.lower()}{number % 997}.example"
    plain = "".join(c for c in first.lower() if c.isascii())
    phone = f"+49 30 {raw[5]:03d}{raw[6]:03d}" if raw[5] < 90 else None
    return Contact(
        number,
        first,
        last,
        f"{plain}.{number}@{domain}",
        f"{company} {_FORMS[raw[3] % len(_FORMS)]}",
        domain,
        _TITLES[raw[4] % len(_TITLES)],
        phone,
    )


def payload(person: Contact) -> dict[str, Any]:
    """Custom variables beside copies of the built-in ones; keys that differ by case included."""
    raw = digest("payload", person.number, person.email, size=4)
    own: dict[str, Any] = {
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
        "companyName": person.company,
        "Company Size": raw[0] * 4,
        "company_size": f"{raw[0] // 16}-{raw[0] // 16 + 9}",
    }
    odd: tuple[dict[str, Any], ...] = (
        {"_dlt_id": "not yours", "_dlt_load_id": None},
        {"Größe": "ja, sicher", "a.b": 1.5, "SELECT": "1; drop table leads"},
        {"companySize": True, "COMPANY SIZE": "XL", "": "empty key"},
        {"icebreaker": "Loved the “7 % club” talk 🎤\nReally."},
    )
    return own | odd[raw[1] % 4] if raw[2] < 128 else own
