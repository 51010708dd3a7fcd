"""Model folders that try to run code, read other files, or use up all memory: each is a way to spoil a good one."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Spoil = Callable[[Path], None]


def plant_canary(folder: Path, canary: Path) -> None:
    """Code in every shape that a loader might run; it makes the file `canary`."""
    names = (
        "modeling_evil",
        "configuration_evil",
        "tokenization_evil",
        "handler",
        "__init__",
        "setup",
        "sitecustomize",
    )
    for name in names:
        code = f"open({str(canary)!r}, 'w').close()\nclass Evil: pass\nclass EvilTokenizer: pass\n"
        (folder / f"{name}.py").write_text(code)

    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(canary), "w")

    for name in (
        "pytorch_model.bin",
        "adapter_model.bin",
        "training_args.bin",
        "scheduler.pt",
        "optimizer.pkl",
        "vocab.pkl",
    ):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    (folder / "chat_template.jinja").write_text(
        "{{ ''.__class__.__mro__[1].__subclasses__() }}" + "{% for a in range(10**9) %}x{% endfor %}"
    )


def edited(file: str, **changes: Any) -> Spoil:
    """A JSON file with other values."""

    def spoil(folder: Path) -> None:
        path = folder / file
        content = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**content, **changes}))

    return spoil


def config(**changes: Any) -> Spoil:
    """A `config.json` with other values."""
    return edited("config.json", **changes)


def words(**changes: Any) -> Spoil:
    """A `tokenizer_config.json` with other values."""
    return edited("tokenizer_config.json", **changes)


def weights(content: bytes) -> Spoil:
    """Other bytes for weights."""
    return written("model.safetensors", content)


def written(file: str, content: bytes) -> Spoil:
    """A file with other content."""
    return lambda folder: (folder / file).write_bytes(content) and None


def renamed(file: str, name: str, then: Spoil | None = None) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / file).rename(folder / name)
        if then is not None:
            then(folder)

    return spoil


def linked(file: str, target: str) -> Spoil:
    """A file that is a link to elsewhere."""

    def spoil(folder: Path) -> None:
        moved = folder.parent / "elsewhere"
        moved.mkdir(exist_ok=True)
        (folder / file).rename(moved / file)
        (folder / file).symlink_to(target or moved / file)

    return spoil


def header(entries: dict[str, Any], data: bytes = b"\x00" * 64, length: int | None = None) -> bytes:
    """A safetensors file with this header, true or not."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(begin: int, end: int, shape: list[int], kind: str = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


def index(names: Any) -> Spoil:
    """Sharded weights, with an index that points anywhere."""
    content = json.dumps({"metadata": {"total_size": 1}, "weight_map": names}).encode()
    return renamed("model.safetensors", "part.safetensors", written("model.safetensors.index.json", content))


def sparse(file: str, size: int) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / file).open("ab") as stream:
            stream.truncate(size)

    return spoil


_DEEP = b'{"model_type": "bert", "a": ' + b"[" * 60_000 + b"]" * 60_000 + b"}"
REFUSED: dict[str, tuple[Spoil, str]] = {
    "auto_map": (config(auto_map={"AutoConfig": "configuration_evil.Evil"}), "'auto_map' in its config.json"),
    "auto_map of a tokenizer": (
        words(auto_map={"AutoTokenizer": ["tokenization_evil.EvilTokenizer", None]}),
        "'auto_map' in its tokenizer_config.json",
    ),
    "auto_map deep inside": (config(sub={"x": [{"auto_map": {"a": "b"}}]}), "'auto_map'"),
    "quantization": (config(quantization_config={"quant_method": "evil"}), "'quantization_config'"),
    "kernels": (config(kernel_config={"kernel_mapping": {"a": "evil/kernels:x"}}), "'kernel_config'"),
    "attention from the hub": (config(_attn_implementation="evil/kernels:x"), "'_attn_implementation'"),
    "experts": (config(experts_implementation="evil/x"), "'experts_implementation'"),
    "other weights by name": (config(transformers_weights="adapter_model.bin"), "'transformers_weights'"),
    "other weights outside": (config(transformers_weights="../x.safetensors"), "'transformers_weights'"),
    "other tokenizer files": (
        words(fast_tokenizer_files=["../tokenizer.4.0.json"]), "'fast_tokenizer_files'",
    ),
    "a model for a tokenizer": (words(tokenizer_class="BertModel"), "tokenizer class 'BertModel'"),
    "a pipeline for a tokenizer": (words(tokenizer_class="Trainer"), "tokenizer class"),
    "a tokenizer of folders": (words(tokenizer_class="RagTokenizer"), "tokenizer class"),
    "a tokenizer class by config": (config(tokenizer_class="AutoModel"), "tokenizer class 'AutoModel'"),
    "a tokenizer class of no text": (words(tokenizer_class={"a": 1}), "tokenizer class"),
    "architecture as a path": (config(model_type="../../evil"), "only encoders of the BERT family"),
    "architecture of another kind": (config(model_type=["bert"]), "only encoders of the BERT family"),
    "architecture that steers": (config(model_type="bert\x1b]0;x\x07"), "only encoders of the BERT family"),
    "an adapter": (written("adapter_config.json", b'{"base_model_name_or_path": "../evil"}'), "adapter"),
    "pickles only": (renamed("model.safetensors", "gone.bin"), "pickles, which can run code"),
    "an index of pickles": (index({"a": "pytorch_model.bin"}), "not its weights"),
    "an index to outside": (index({"a": "../../part.safetensors"}), "not its weights"),
    "an index to the root": (index({"a": "/etc/passwd.safetensors"}), "not its weights"),
    "an index of numbers": (index({"a": 3}), "not its weights"),
    "an index of nothing": (index(["part.safetensors"]), "not its weights"),
    "weights that are a link": (linked("model.safetensors", ""), "is a link to elsewhere"),
    "a vocabulary that is a link": (linked("tokenizer.json", "/etc/passwd"), "is a link to elsewhere"),
    "a config that is a link": (linked("tokenizer_config.json", ""), "is a link to elsewhere"),
    "a link to itself": (linked("tokenizer.json", "tokenizer.json"), "is a link to elsewhere"),
    "weights of a gigabyte of names": (weights(header({}, length=1 << 60)), "is damaged"),
    "weights outside the file": (weights(header({"a": tensor(0, 1 << 40, [1 << 38])})), "is damaged"),
    "weights that overlap": (
        weights(header({"a": tensor(0, 64, [16]), "b": tensor(32, 64, [8])})), "is damaged",
    ),
    "weights before the file": (weights(header({"a": tensor(-8, 64, [18])})), "is damaged"),
    "weights of another shape": (weights(header({"a": tensor(0, 64, [1 << 40])})), "is damaged"),
    "weights that are none": (weights(b""), "is damaged"),
    "weights of noise": (weights(bytes(range(256)) * 40), "is damaged"),
    "an endless number of layers": (config(num_hidden_layers=10**9), "'num_hidden_layers'"),
    "more layers than weights": (config(num_hidden_layers=900, hidden_size=9_000), "does not fit its weights"),
    "a width of a billion": (config(hidden_size=10**12), "'hidden_size'"),
    "a vocabulary of a billion": (config(vocab_size=90_000_000), "does not fit its weights"),
    "a width that is none": (config(hidden_size="384"), "'hidden_size'"),
    "layers below none": (config(num_hidden_layers=-1), "'num_hidden_layers'"),
    "half a head": (config(num_attention_heads=1.5), "'num_attention_heads'"),
    "endless labels": (config(num_labels=10**7), "'num_labels'"),
    "infinite positions": (config(max_position_embeddings=float("inf")), "'max_position_embeddings'"),
    "blocks in a list": (config(block_sizes=[4, 10**7]), "'block_sizes'"),
    "a config of depth": (written("config.json", _DEEP), "unreadable config.json"),
    "a number without end": (written("config.json", b'{"a": ' + b"9" * 9_000 + b"}"), "unreadable config.json"),
    "a config of a gigabyte": (sparse("config.json", 1 << 30), "unreadable config.json"),
    "a vocabulary of a gigabyte": (sparse("tokenizer.json", 1 << 30), "unreadable tokenizer.json"),
    "a second vocabulary of a gigabyte": (sparse("vocab.txt", 1 << 30), "unreadable vocab.txt"),
}  # fmt: skip
"""What is spoilt, and words of the refusal."""

UNLOADABLE: dict[str, Spoil] = {
    "no tokenizer model": written("tokenizer.json", b'{"version": "1.0", "model": {"type": "Evil"}}'),
    "a tokenizer of depth": written("tokenizer.json", _DEEP),
    "a tokenizer of wrong types": written("tokenizer.json", b'{"model": {"type": "WordPiece", "vocab": {"a": -1}}}'),
    "a length of words": words(model_max_length="long"),
    "a length below nothing": words(model_max_length=-3),
    "a padding of nowhere": words(pad_token={"a": [1]}),
    "weights of another model": weights(header({"a": tensor(0, 64, [16])})),
    "architectures of odd kinds": config(architectures=3),
    "labels with gaps": config(id2label={"0": "a", "7": "b"}),
    "labels of odd kinds": config(id2label=[1, 2]),
    "an activation of nowhere": config(hidden_act="os.system"),
    "a dtype of nowhere": config(dtype="evil.dtype", torch_dtype="__import__('os')"),
    "dropout of words": config(hidden_dropout_prob="often"),
    "odd heads": config(num_attention_heads=7),
    "no heads": config(num_attention_heads=0),
    "a name or path of another": config(_name_or_path="../../../etc/passwd"),
    "a commit of odd kinds": config(_commit_hash={"a": 1}),
    "methods for values": config(to_dict=3, save_pretrained="x", from_pretrained=[]),
}
"""What the checks accept. If it does not load, the error is one sentence; no code is run in any case."""
