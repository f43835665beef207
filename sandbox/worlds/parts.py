"""What several worlds share: the people of a workspace, and a short way to write variants."""

from __future__ import annotations

from sandbox.specs import Effect, Person, Variant

PEOPLE = (
    Person("Ada", "Moreno", "ada@example.com", "owner"),
    Person("Bjørn", "Ødegård", "bjorn@example.com", "admin"),
    Person("Chiara", "D’Amico", "chiara@example.com", "editor"),
    Person("Dmitri", "Волков", "dmitri@example.com", "editor"),
    Person("Eve", "Laurent", "eve@example.com", "editor", member=False),
    Person("Farid", "Haidari", "farid@example.com", "client", accepted=False),
)


def texts(*pairs: tuple[str, Effect], body: str = "Hi {{firstName}},") -> tuple[Variant, ...]:
    """Variants A, B, … from subjects and effects."""
    return tuple(
        Variant(subject, f"<div>{body}</div><div>{subject}</div>", effect)
        for subject, effect in pairs
    )
