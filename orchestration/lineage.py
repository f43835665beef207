"""What there is and what hangs on what, in Dagster's words.

    sources.instantly ──> instantly_raw.<table> ─┐
    dbt's manifest ──> staging ─> intermediate ─┬┴─> marts ──> a check for every test of dbt
                                                └─ instantly_judged.<table>: the judgement, then dbt

The manifest is made by `dbt parse`, which takes seconds and is asked for by every process that
Dagster starts; so it is kept beside dbt's parse cache, under a name that changes with the project.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster import AssetCheckSpec, AssetKey, AssetSpec
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from pipelines.settings import child_environment, parse_cache
from pipelines.warehouse_file import JUDGED, RAW
from sources.instantly import BY_TABLE, Tier
from transforms.dbt import PROJECT, parse

WAS_READ = "was_read"
"""The check of a raw table: it was read, in every workspace."""

Manifest = Mapping[str, Any]


class Translator(DagsterDbtTranslator):
    """Models under the schema they are built in, as SQL spells them; sources likewise."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """`instantly/variant_performance`, `instantly_raw/campaigns`."""
        return AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The layer: staging, intermediate, marts."""
        return dbt_resource_props["fqn"][1]


TRANSLATOR = Translator()


def manifest() -> Manifest:
    """dbt's manifest of the project as it is now."""
    kept = _kept_manifest()
    if kept and kept.is_file():
        return json.loads(kept.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="instantly-warehouse-") as folder:
        made = parse(Path(folder), environment=child_environment())
    if kept:
        with suppress(OSError):
            draft = kept.with_suffix(".draft")
            draft.write_text(json.dumps(made), "utf-8")
            draft.replace(kept)
    return made


def _kept_manifest() -> Path | None:
    """Where the manifest of this very project is kept; None where nothing can be."""
    place = parse_cache()
    if place is None:
        return None
    told = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(p for p in PROJECT.rglob("*") if p.is_file()):
        told.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return place.with_name(f"manifest-{told.hexdigest()[:16]}.json")


def raw_specs(tables: Sequence[str]) -> Iterator[AssetSpec]:
    """An asset for each raw table; none of them has to come with a run that could not read it."""
    for table in tables:
        endpoint = BY_TABLE[table]
        yield AssetSpec(
            AssetKey([RAW, table]),
            description=f"`{endpoint.path}`: {endpoint.load.value} (docs/loading.md).",
            group_name="raw",
            kinds={"dlt", "duckdb"},
            tags={"tier": endpoint.tier.value},
            skippable=True,
        )


def model_specs(found: Manifest, tables: Sequence[str]) -> Iterator[AssetSpec]:
    """An asset for each model that a run with these tables builds, and for what it judges.

    Raw tables that are not loaded are empty, and no asset; the models on them are.
    """
    has_operations = any(BY_TABLE[table].tier is Tier.OPERATIONS for table in tables)
    specs = build_dbt_asset_specs(
        manifest=found,
        dagster_dbt_translator=TRANSLATOR,
        exclude=None if has_operations else "tag:operations",
    )
    loaded = {AssetKey([RAW, table]) for table in tables}
    for spec in specs:
        deps = [d for d in spec.deps if d.asset_key.path[0] != RAW or d.asset_key in loaded]
        yield spec.replace_attributes(deps=deps, skippable=True, kinds={"dbt", "duckdb"})
    judged = [spec.key for spec in specs if spec.key.path[-1].startswith("int_judgement_")]
    for source in found["sources"].values():
        if source["schema"] == JUDGED:
            yield AssetSpec(
                TRANSLATOR.get_asset_key(source),
                deps=judged,
                description=source["description"],
                group_name="judgement",
                kinds={"python", "duckdb"},
                skippable=True,
            )


def checks(found: Manifest, specs: Sequence[AssetSpec]) -> dict[str, AssetCheckSpec]:
    """A check for each test of dbt on one of the assets, by the name dbt gives the test."""
    by_key = {spec.key: spec for spec in specs}
    tests: dict[str, AssetCheckSpec] = {}
    for unique_id, node in found["nodes"].items():
        model = found["nodes"].get(node.get("attached_node") or "")
        if node["resource_type"] != "test" or model is None:
            continue
        asset = by_key.get(TRANSLATOR.get_asset_key(model))
        if asset is None:
            continue
        spec = TRANSLATOR.get_asset_check_spec(asset, found, unique_id, None)
        if spec:
            tests[node["name"]] = spec
    return tests


def raw_checks(specs: Sequence[AssetSpec]) -> Iterator[AssetCheckSpec]:
    """`was_read` for each raw table."""
    for spec in specs:
        if spec.key.path[0] == RAW:
            yield AssetCheckSpec(
                WAS_READ,
                asset=spec.key,
                description="Read in every workspace; what was not keeps the rows it had.",
            )
