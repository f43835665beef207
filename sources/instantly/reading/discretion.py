"""What stands between reading and the warehouse: what is written about people, what is read back.

    reader ── batch ──→ Discretion.written ──→ dlt      forgotten people out, columns hidden
    reader ←─ answer ── DiscreetHistory ←── history     hashes turned back where the text is known

Readers work with what the API says, addresses included, because they ask with them. So the one
place where something is hidden is behind them all, and what the warehouse tells of hidden columns
is turned back before a reader sees it: a hash whose text passed here in this run, or was just asked
for, is that text again. What cannot be turned back belongs to what the API no longer has.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.instantly.endpoint import Endpoint, Load, Row
from sources.instantly.endpoints import BY_TABLE
from sources.instantly.reading.batch import Batch, Closing
from sources.instantly.reading.history import Among, History
from sources.instantly.shaping.addresses import without
from sources.instantly.shaping.forgotten import MARK, OWN_SIDE, Forgotten
from sources.instantly.shaping.misfits import Kept
from sources.instantly.shaping.privacy import Privacy, each_distinct
from sources.instantly.shaping.retention import Retention


@dataclass(frozen=True, slots=True)
class Discretion:
    """How people are treated in one sync. By default everything is written as it is.

    Attributes:
        privacy: columns that are left empty or hashed.
        forgotten: people that are kept out.
        retention: for how long what mails say is kept.
    """

    privacy: Privacy = field(default_factory=Privacy)
    forgotten: Forgotten = field(default_factory=Forgotten)
    retention: Retention = field(default_factory=Retention)
    _clear: dict[str, str] = field(default_factory=dict, repr=False)

    def written(self, batch: Batch) -> Batch:
        """The batch as it may be written."""
        endpoint = batch.endpoint
        rows = self.forgotten.apply(endpoint, batch.rows)
        if endpoint.load is not Load.ROWS:
            self._remember(endpoint, rows)
        rows = self.privacy.apply(endpoint, self.retention.apply(endpoint, rows))
        return replace(batch, rows=rows, closing=self._hidden(endpoint, batch.closing))

    def row_key(self, endpoint: Endpoint, key: Mapping[str, Any]) -> dict[str, Any]:
        """The key of a row that is set apart, as it may be written."""
        key = self._key(endpoint, key)
        if not self.forgotten or endpoint.table in OWN_SIDE:
            return key
        return {
            name: without(value, self.forgotten.holds, MARK) if isinstance(value, str) else value
            for name, value in key.items()
        }

    def _remember(self, endpoint: Endpoint, rows: pa.Table) -> None:
        """Keys that are hidden, so that they are recognised later in this run."""
        for column in endpoint.key:
            if self.privacy.hides(endpoint, column) and column in rows.column_names:
                self._note(rows[column].unique().to_pylist())

    def _note(self, values: Collection[Any]) -> None:
        texts = [value for value in values if isinstance(value, str)]
        self._clear.update((self.privacy.digest(text), text) for text in texts)

    def _hidden(self, endpoint: Endpoint, closing: Closing | None) -> Closing | None:
        """Which rows end, by the values that stand in the warehouse."""
        if closing is None:
            return closing
        spared = tuple(self._key(endpoint, key) for key in closing.spared)
        closing = replace(closing, spared=spared)
        if not self.privacy.hides(endpoint, closing.column):
            return closing
        write = self.privacy.spelling(closing.column)
        only = None if closing.only is None else frozenset(map(write, closing.only))
        return replace(closing, only=only, but=frozenset(map(write, closing.but)))

    def _key(self, endpoint: Endpoint, key: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of a key as they stand in the warehouse."""
        return {
            name: self.privacy.spelling(name)(value)
            if self.privacy.hides(endpoint, name) and isinstance(value, str)
            else value
            for name, value in key.items()
        }

    def among(self, endpoint: Endpoint, among: Among | None) -> Among | None:
        """The values to look for as they stand in the warehouse."""
        hidden = [name for name in among or () if self.privacy.hides(endpoint, name)]
        if among is None or not hidden:
            return among
        for name in hidden:
            self._note(among[name])
        spelling = self.privacy.spelling
        return {**among, **{name: list(map(spelling(name), among[name])) for name in hidden}}

    def clear(self, endpoint: Endpoint, column: str, value: Any) -> Any:
        """A stored value as the API says it, where that is known."""
        return self._clear.get(value, value) if self.privacy.hides(endpoint, column) else value

    def clear_columns(self, endpoint: Endpoint, rows: pa.Table) -> pa.Table:
        """Stored rows as the API says them, where that is known."""
        for at, column in enumerate(rows.schema):
            if self.privacy.hides(endpoint, column.name):
                texts = each_distinct(rows.column(at), lambda text: self._clear.get(text, text))
                rows = rows.set_column(at, column, texts)
        return rows


@dataclass(frozen=True, slots=True)
class DiscreetHistory:
    """A `History` for readers who do not know that columns are hidden."""

    history: History
    discretion: Discretion

    def latest(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        *,
        among: Among,
        as_of: datetime | None = None,
        or_at: Collection[datetime] = (),
    ) -> list[Row]:
        """See `History.latest`."""
        stored = self.discretion.among(endpoint, among) or {}
        rows = self.history.latest(endpoint, workspace_id, among=stored, as_of=as_of, or_at=or_at)
        clear = self.discretion.clear
        return [{name: clear(endpoint, name, row[name]) for name in row} for row in rows]

    def stored(
        self,
        endpoint: Endpoint,
        workspace_id: str,
        columns: Collection[str] | None,
        *,
        among: Among | None = None,
        where_open: bool = True,
    ) -> pa.Table:
        """See `History.stored`."""
        wanted = self.discretion.among(endpoint, among)
        found = self.history.stored(
            endpoint, workspace_id, columns, among=wanted, where_open=where_open
        )
        return self.discretion.clear_columns(endpoint, found)

    def greatest(
        self, endpoint: Endpoint, workspace_id: str, column: str, *, below: Any = None
    ) -> Any:
        """See `History.greatest`; columns with an order are never hidden."""
        return self.history.greatest(endpoint, workspace_id, column, below=below)

    def known_at(
        self, endpoint: Endpoint, workspace_id: str, column: str, at: datetime
    ) -> set[Any]:
        """See `History.known_at`."""
        found = self.history.known_at(endpoint, workspace_id, column, at)
        return {self.discretion.clear(endpoint, column, value) for value in found}

    def current_rows(self, endpoint: Endpoint, workspace_id: str) -> int:
        """See `History.current_rows`."""
        return self.history.current_rows(endpoint, workspace_id)

    def last_complete(self, table: str, workspace_id: str) -> datetime | None:
        """See `History.last_complete`."""
        return self.history.last_complete(table, workspace_id)

    def last_walk(self, table: str, workspace_id: str) -> datetime | None:
        """See `History.last_walk`."""
        return self.history.last_walk(table, workspace_id)

    def quarantined(self, table: str, workspace_id: str) -> list[Kept]:
        """See `History.quarantined`."""
        clear = self.discretion.clear
        return [
            replace(
                kept,
                key={name: clear(BY_TABLE[table], name, value) for name, value in kept.key.items()},
            )
            for kept in self.history.quarantined(table, workspace_id)
        ]

    def pauses(self, table: str, workspace_id: str) -> Collection[datetime]:
        """See `History.pauses`."""
        return self.history.pauses(table, workspace_id)

    def workspace_of(self, name: str) -> str | None:
        """See `History.workspace_of`."""
        return self.history.workspace_of(name)

    def newest_observation(self) -> datetime | None:
        """See `History.newest_observation`."""
        return self.history.newest_observation()
