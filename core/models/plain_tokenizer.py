"""Tokenizers read by `tokenizers` alone: importing transformers takes two seconds that a run should not wait for.

`tokenizer.json` describes a tokenizer completely, but transformers does not take all of them at their word: it rebuilds
BERT's from the vocabulary and a few settings. So a tokenizer is plain, and read here, only if the file describes
exactly what transformers would make of the folder. All others are left to transformers (`core/models/tokenizer.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

_REBUILT = ("BertTokenizer", "DistilBertTokenizer")
"""Classes that transformers rebuilds from a vocabulary, all of them alike."""
_AS_FILED = ("TokenizersBackend", "PreTrainedTokenizer")
"""Classes that transformers reads from `tokenizer.json` as it is."""
_MODELS = ("bert", "distilbert", "roberta", "xlm-roberta", "camembert")
"""Values of `model_type` for which transformers follows the class that the tokenizer's own config names."""
_SPECIAL = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
_OPTIONS = ("lstrip", "rstrip", "single_word", "normalized")
"""Options of a token that is added to a vocabulary; special tokens use none of them."""
_NONE = (False,) * len(_OPTIONS)
_SETTINGS = frozenset(
    "added_tokens_decoder backend clean_up_tokenization_spaces do_basic_tokenize do_lower_case is_local "
    "local_files_only max_length model_max_length name_or_path never_split pad_to_multiple_of pad_token_type_id "
    "padding_side special_tokens_map_file stride strip_accents tokenize_chinese_chars tokenizer_class truncation_side "
    "truncation_strategy".split()
)
"""Keys of `tokenizer_config.json` that are understood here, or that do not change what a text becomes."""
_NO_LIMIT = int(1e30)
"""What transformers takes as `model_max_length` where the config has none."""


class PlainTokenizer:
    """What this project uses of a transformers tokenizer, under the same names. Immutable, so threads may share it."""

    def __init__(self, backend: Tokenizer, config: Mapping[str, Any], kind: str) -> None:
        """Args: config: Of `tokenizer_config.json`, special tokens as words. kind: the class that transformers uses."""
        self.backend_tokenizer, self._config, self.kind = backend, dict(config), kind
        self.pad_token_id = int(backend.token_to_id(config["pad_token"]) or 0)
        unknown = config.get("unk_token")
        self.unk_token_id: int | None = backend.token_to_id(unknown) if unknown is not None else None
        self.mask_token: str | None = config.get("mask_token")
        self.model_max_length: int | float = config.get("model_max_length") or _NO_LIMIT

    def __len__(self) -> int:
        size: int = self.backend_tokenizer.get_vocab_size(with_added_tokens=True)
        return size

    def __call__(self, text: str | Sequence[str], *, add_special_tokens: bool = True, **_: Any) -> dict[str, Any]:
        """Token ids of one text, or of several, under `input_ids`; never cut or padded."""
        if isinstance(text, str):
            return {"input_ids": self.backend_tokenizer.encode(text, add_special_tokens=add_special_tokens).ids}
        found = self.backend_tokenizer.encode_batch_fast(list(text), add_special_tokens=add_special_tokens)
        return {"input_ids": [one.ids for one in found]}

    def __deepcopy__(self, memo: dict[int, Any]) -> PlainTokenizer:
        return self

    def save(self, folder: Path, max_length: int, truncation_side: str) -> None:
        """Write `tokenizer.json` and `tokenizer_config.json`, as transformers reads them."""
        kept = {key: value for key, value in self._config.items() if key not in ("name_or_path", "max_length")}
        config = {
            **kept,
            "tokenizer_class": self.kind,
            "model_max_length": max_length,
            "truncation_side": truncation_side,
        }
        self.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def plain_tokenizer(folder: Path) -> PlainTokenizer | None:
    """Return the tokenizer of a model folder; None if transformers might make something else of the folder.

    Raises:
        OSError, ValueError: A file cannot be read. `tokenizers` raises a bare `Exception` for one that is damaged.
    """
    if not (folder / "tokenizer.json").is_file() or (folder / "added_tokens.json").exists():
        return None
    config = _read(folder / "tokenizer_config.json")
    kind = str(config.get("tokenizer_class") or "BertTokenizer").removesuffix("Fast")
    rebuilt = kind in _REBUILT
    model_type = _read(folder / "config.json").get("model_type")
    if model_type not in (("bert", "distilbert") if rebuilt else _MODELS) or not (rebuilt or kind in _AS_FILED):
        return None
    special = _special_tokens(folder, config, rebuilt=rebuilt)
    if special is None or config.keys() - _SETTINGS - set(_SPECIAL):
        return None
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    backend.no_truncation()
    backend.no_padding()
    if not _adds_only(backend, config, special, exactly=rebuilt):
        return None
    if rebuilt and not _is_as_rebuilt(backend, config, special):
        return None
    return PlainTokenizer(backend, {**config, **special}, kind if rebuilt else "TokenizersBackend")


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} is not a JSON object")
    return found


def _special_tokens(folder: Path, config: Mapping[str, Any], *, rebuilt: bool) -> dict[str, str] | None:
    """Return the special tokens by name; None if the folder's files disagree, or name others."""
    defaults = {name: f"[{name[:-6].upper()}]" for name in _SPECIAL} if rebuilt else {}
    named = {name: value for name in _SPECIAL if (value := _content(config.get(name))) is not None}
    found = {**defaults, **named}
    listed = _read(folder / "special_tokens_map.json")
    if any(found.get(name) != _content(value) for name, value in listed.items()):
        return None
    return found if "pad_token" in found else None


def _content(token: Any) -> Any:
    """Return the word of a special token, which configs hold as such or with its options."""
    return token.get("content") if isinstance(token, dict) else token


def _adds_only(backend: Tokenizer, config: Mapping[str, Any], special: Mapping[str, str], *, exactly: bool) -> bool:
    """Return whether the added tokens are the special ones, whole and unchanged.

    Args:
        exactly: Whether there may be no others.
    """
    added: dict[int, AddedToken] = backend.get_added_tokens_decoder()
    by_word = {token.content: token for token in added.values()}
    if not set(special.values()) <= by_word.keys() or (exactly and by_word.keys() != set(special.values())):
        return False
    if any(not by_word[word].special or _options(by_word[word]) != _NONE for word in special.values()):
        return False
    listed = config.get("added_tokens_decoder")
    filed = {str(number): (token.content, *_options(token)) for number, token in added.items()}
    return listed is None or filed == {
        number: (one.get("content"), *(bool(one.get(name)) for name in _OPTIONS)) for number, one in listed.items()
    }


def _options(token: AddedToken) -> tuple[bool, ...]:
    return tuple(bool(getattr(token, name)) for name in _OPTIONS)


def _is_as_rebuilt(backend: Tokenizer, config: Mapping[str, Any], special: Mapping[str, str]) -> bool:
    """Return whether `tokenizer.json` describes what transformers builds from the vocabulary and the config."""
    pieces = backend.model
    if not isinstance(pieces, models.WordPiece):
        return False
    if (pieces.unk_token, pieces.continuing_subword_prefix, pieces.max_input_chars_per_word) != (
        special["unk_token"],
        "##",
        100,
    ):
        return False
    if any(pieces.token_to_id(word) != backend.token_to_id(word) for word in special.values()):
        return False
    cls, sep = special["cls_token"], special["sep_token"]
    normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=config.get("tokenize_chinese_chars", True),
        strip_accents=config.get("strip_accents"),
        lowercase=config.get("do_lower_case", True),
    )
    frame = processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
        special_tokens=[(word, backend.token_to_id(word)) for word in (cls, sep)],
    )
    built = (normalizer, pre_tokenizers.BertPreTokenizer(), frame)
    filed = (backend.normalizer, backend.pre_tokenizer, backend.post_processor)
    return all(one is not None and _state(one) == _state(other) for one, other in zip(filed, built, strict=True))


def _state(part: Any) -> Any:
    """Return the definition of a part of a tokenizer."""
    return json.loads(part.__getstate__())
