"""The settings of a client's report: whose name and logo stand at its head.

    environment, .env ──> ReportSettings (part of Settings) ──> pipelines.client_report.brand

The logo's file is looked at when a report is written: a run must not fail over a picture.
"""

from __future__ import annotations

from pydantic_settings import BaseSettings

from pipelines.setting_values import FilePath, setting


class ReportSettings(BaseSettings):
    """Name and logo; without them the report has neither."""

    report_brand_name: str | None = setting(
        None, "REPORT_BRAND_NAME", "a name", "Northlight", max_length=100
    )
    report_brand_logo: FilePath | None = setting(
        None, "REPORT_BRAND_LOGO", "the path of a PNG or SVG file", "logo.svg"
    )
