"""PyAirbyte with a declarative manifest, into its own DuckDB cache."""

import argparse
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache
from members import BOOLEANS, NESTED, NUMBERS, TEXTS, TIMES


def main() -> None:
    """Copy the leads."""
    parser = argparse.ArgumentParser()
    for name in ("--url", "--key", "--file"):
        parser.add_argument(name, required=True)
    chosen = parser.parse_args()
    source = airbyte.get_source(
        "source-leads",
        config={},
        source_manifest=_manifest(chosen.url, chosen.key),
        streams="*",
    )
    file = Path(chosen.file)
    cache = DuckDBCache(db_path=file, schema_name="raw", cache_dir=file.parent / "airbyte")
    source.read(cache=cache)


def _manifest(url: str, key: str) -> dict[str, object]:
    kinds = {
        **dict.fromkeys((*TEXTS, *TIMES), "string"),
        **dict.fromkeys(NUMBERS, "number"),
        **dict.fromkeys(BOOLEANS, "boolean"),
        **dict.fromkeys(NESTED, "object"),
    }
    properties = {name: {"type": ["null", kind]} for name, kind in kinds.items()}
    requester = {
        "type": "HttpRequester",
        "url_base": f"{url}/api/v2",
        "path": "/leads/list",
        "http_method": "POST",
        "request_headers": {"Authorization": f"Bearer {key}", "User-Agent": "benchmark/1"},
        "request_body_json": {"limit": 100},
    }
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": {
            "type": "RequestOption",
            "inject_into": "body_json",
            "field_name": "starting_after",
        },
        "pagination_strategy": {
            "type": "CursorPagination",
            "cursor_value": "{{ response.get('next_starting_after') }}",
            "stop_condition": "{{ not response.get('next_starting_after') }}",
        },
    }
    stream = {
        "type": "DeclarativeStream",
        "name": "leads",
        "primary_key": "id",
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester,
            "paginator": paginator,
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["items"]},
            },
        },
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {"type": "object", "properties": properties},
        },
    }
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["leads"]},
        "streams": [stream],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}},
        },
    }


if __name__ == "__main__":
    main()
