"""What mails say, and for how long it is kept.

A mail is a fact for ever (who was written to, when, at which step, whether a person answered) and
a text for a while. The text alone goes: the row stays, and with it every count and every rate. What
decides whether a row is new looks at the clear content, so an emptied row is not read as new again.

Age counts from when Instantly stored the mail, or from when it was read where that lies in the
future: a time in the mail itself can be forged (quirk D22).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from sources.instantly.endpoint import Endpoint
from sources.instantly.shaping import columns

STORED_AT = "timestamp_created"
_OF_MAIL = re.compile("body|content|preview|attachment|snippet|html")


def is_text_of_mail(name: str) -> bool:
    """Whether a member or column of an e-mail holds what it says; subject and addresses do not."""
    return bool(_OF_MAIL.search(name.lower()))


def texts_of(table: str, names: Iterable[str]) -> list[str]:
    """Those columns of a table that hold what mails say; a delivery to a webhook quotes them."""
    if table == "emails":
        return [name for name in names if is_text_of_mail(name)]
    return [name for name in names if table == "webhook_events" and name == "payload"]


TABLES = ("emails", "webhook_events")


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long texts of mails are kept.

    Attributes:
        days: since a mail was stored; 0 for ever.
    """

    days: int = 0

    def apply(self, endpoint: Endpoint, rows: pa.Table) -> pa.Table:
        """The batch without the texts of mails that are too old to be kept."""
        names = texts_of(endpoint.table, rows.column_names)
        if not self.days or not names or STORED_AT not in rows.column_names:
            return rows
        kept = pa.scalar(timedelta(days=self.days))
        kept_since = pc.call_function("subtract", [rows[columns.OBSERVED_AT], kept])
        is_old = pc.call_function("less", [rows[STORED_AT], kept_since]).fill_null(False)
        for name in names:
            at = rows.schema.get_field_index(name)
            field = rows.schema.field(at)
            nothing = pa.scalar(None, field.type)
            texts = pc.call_function("if_else", [is_old, nothing, rows[name]])
            rows = rows.set_column(at, field, texts)
        return rows
