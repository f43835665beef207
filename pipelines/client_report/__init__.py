"""One client's month in one file that can be sent: HTML, PDF, Markdown or CSV.

    --client ─> client.py ─┐
    --month  ─> period.py ─┼─> reading.py ─> ClientMonth ─┬─> sheet.py
    marts ─────────────────┘    (trust.py)                └─> content.py ─> Document ─┬─> html.py
                               brand.py, charts.py ───────────┘                       ├─> pdf.py
                                                                                      └─ markdown.py
An agency sends this to somebody outside. So a client is a whole name and never a part of one, every
question to the warehouse carries the client's condition, nothing of a person is asked for, and a
file is written whole or not at all. Which numbers stand in it is said in measures.py, in which
words in content.py; the formats only set them.
"""

from pipelines.client_report.brand import Brand, brand_of
from pipelines.client_report.pdf import refuse_missing_typst
from pipelines.client_report.reading import ClientMonth, read_client_month
from pipelines.client_report.writing import FORMATS, Format, refuse_bad_output, rendered, write_out

__all__ = [
    "FORMATS",
    "Brand",
    "ClientMonth",
    "Format",
    "brand_of",
    "read_client_month",
    "refuse_bad_output",
    "refuse_missing_typst",
    "rendered",
    "write_out",
]
