"""docs/judgement.md says of every threshold which setting it is and what it is by default."""

import re
from pathlib import Path

from pipelines.decision_settings import DecisionSettings

PAGE = Path(__file__).parents[2] / "docs" / "judgement.md"


def test_every_threshold_stands_there_with_its_default() -> None:
    told = re.findall(r"^\| `(DECISION_\w+)` \| `(.+?)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    fields = DecisionSettings.model_fields.values()
    assert told == [(str(field.validation_alias), str(field.default)) for field in fields]
