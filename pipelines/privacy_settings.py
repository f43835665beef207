"""The settings on people: which columns are left empty or hashed, and the key of the hashes.

    environment, .env ──> PrivacySettings (part of Settings) ──> Privacy ──> the load

Names of columns are checked against the endpoint table when a load is asked for, not here: that
table is a second's worth of imports that `status` has no use for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator
from pydantic_settings import BaseSettings

from pipelines.errors import ConfigurationError
from pipelines.setting_values import Names, Secret, setting

if TYPE_CHECKING:
    from sources.instantly.shaping.privacy import Privacy


class PrivacySettings(BaseSettings):
    """What of people is stored; docs/operations.md says what each choice costs."""

    privacy_drop: Names = setting(
        (), "PRIVACY_DROP", "table.column with commas between them", "leads.phone,emails.subject"
    )
    privacy_hash: Names = setting(
        (), "PRIVACY_HASH", "table.column with commas between them", "leads.email,emails.lead"
    )
    privacy_key: Secret | None = setting(
        None, "PRIVACY_KEY", "at least 16 letters, digits and signs", "what-only-you-know"
    )

    email_text_days: int = setting(
        0, "EMAIL_TEXT_DAYS", "a whole number of days from 0 to 36500", "90", ge=0, le=36500
    )

    @model_validator(mode="after")
    def _hashes_need_a_key(self) -> PrivacySettings:
        if self.privacy_hash and not self.privacy_key:
            raise ConfigurationError(
                "PRIVACY_HASH is set, but PRIVACY_KEY is not",
                todo="write PRIVACY_KEY=… with a random text of your own (openssl rand -hex 32), "
                "and keep it: other hashes come out of another key",
            )
        return self

    def privacy(self, lead_variables: tuple[str, ...]) -> Privacy:
        """The choice, checked against the endpoint table.

        Args:
            lead_variables: custom variables of leads that have columns of their own.

        Raises:
            UnknownColumn: a name fits no column, or one that cannot be hidden that way.
        """
        from sources.instantly import BY_TABLE
        from sources.instantly.reading.leads.variables import with_variables
        from sources.instantly.shaping.privacy import Privacy

        leads = with_variables(BY_TABLE["leads"], lead_variables)
        key = self.privacy_key.get_secret_value() if self.privacy_key else ""
        return Privacy.of(self.privacy_drop, self.privacy_hash, key, {**BY_TABLE, "leads": leads})
