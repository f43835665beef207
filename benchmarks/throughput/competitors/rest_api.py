"""dlt's declarative source. `--as-installed` leaves the format of its load files as it comes."""

import argparse
import tempfile

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    """Copy the leads."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--as-installed", action="store_true")
    chosen = parser.parse_args()
    leads = {
        "name": "leads",
        "primary_key": "id",
        "write_disposition": "merge",
        "endpoint": {
            "path": "leads/list",
            "method": "POST",
            "json": {"limit": 100},
            "data_selector": "items",
            "paginator": {
                "type": "cursor",
                "cursor_path": "next_starting_after",
                "cursor_body_path": "starting_after",
            },
        },
    }
    client = {
        "base_url": f"{chosen.url}/api/v2/",
        "auth": {"type": "bearer", "token": chosen.key},
        "headers": {"User-Agent": "benchmark/1"},
    }
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "benchmark",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(chosen.file),
            dataset_name="raw",
        )
        format_of_files = {} if chosen.as_installed else {"loader_file_format": "parquet"}
        pipeline.run(rest_api_source({"client": client, "resources": [leads]}), **format_of_files)


if __name__ == "__main__":
    main()
