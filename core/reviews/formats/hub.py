"""A dataset on the Hugging Face hub, streamed. Only this module imports `datasets`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.json.records import object_chunks
from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table, unique_names

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def hub_name(source: str) -> tuple[str, str | None] | None:
    """Return the dataset and configuration that `source` names (`owner/name`, `hf:name[:config]`), or None."""
    if source.startswith("hf:"):
        name, _, config = source[3:].partition(":")
        return name, config or None
    return (source, None) if _ID.fullmatch(source) else None


class HubTable(Table):
    """The `Table` of the `train` split of a hub dataset. The line of a row is its number."""

    format = "hub"

    def __init__(self, dataset: str, config: str | None) -> None:
        self.name = dataset if config is None else f"{dataset}:{config}"
        today = datetime.now(tz=UTC).date()
        self.notices = [f"Copied from the Hugging Face hub on {today}; the copy is used until its folder is deleted."]
        try:
            import datasets

            self._rows = datasets.load_dataset(dataset, config, split="train", streaming=True)
            features: dict[str, Any] = dict(self._rows.features or {}) or dict.fromkeys(next(iter(self._rows), {}))
        except Exception as error:  # the hub, the network and the library can raise anything
            raise self._unreachable(error) from error
        self._keys = list(features)
        self._classes = {name: list(feature.names) for name, feature in features.items() if hasattr(feature, "names")}
        self.columns = unique_names(self._keys)
        if not self.columns:
            raise InputError(f"The dataset {clean_line(self.name)} has no columns.")

    def fraction(self) -> float:
        return 0.0

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        yield from object_chunks(self._records(), self._keys, rows)

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            for number, row in enumerate(self._rows, start=1):
                named = dict(row)
                for column, names in self._classes.items():
                    index = named.get(column)
                    if isinstance(index, int):
                        named[column] = names[index] if 0 <= index < len(names) else None
                yield number, named
        except Exception as error:  # see above
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> InputError:
        return InputError(
            f"Cannot read the dataset {clean_line(self.name, 80)} from the Hugging Face hub "
            f"({clean_line(error, 160) or type(error).__name__}); check its name and the network, or give a file."
        )
