"""Model folders that try to run code, to read files of others, or to take all memory: each a way to spoil a sound one."""

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
    """A safetensors file with this header, whatever is true."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(begin: int, end: int, shape: list[int], kind: str = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


def index(names: Any) -> Spoil:
    """Weights in parts, by an index that leads where it likes."""
    content = json.dumps({"metadata": {"total_size": 1}, "weight_map": names}).encode()
    return renamed("model.safetensors", "part.safetensors", written("model.safetensors.index.json", content))


def sparse(file: str, size: int) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / file).open("ab") as stream:
            stream.truncate(size)

    return spoil


_DEEP = b'{"model_type": "bert", "a": ' + b"[" * 60_000 + b"]" * 60_000 + b"}"
REFUSED: dict[str, tuple[Spoil, str]] = {
    "auto_map": (edited("config.json", auto_map={"AutoConfig": "configuration_evil.Evil"}), "'auto_map' in its config.json"),
    "auto_map of a tokenizer": (
        edited("tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization_evil.EvilTokenizer", None]}),
        "'auto_map' in its tokenizer_config.json",
    ),
    "auto_map deep inside": (edited("config.json", sub={"x": [{"auto_map": {"a": "b"}}]}), "'auto_map'"),
    "quantization": (edited("config.json", quantization_config={"quant_method": "evil"}), "'quantization_config'"),
    "kernels": (edited("config.json", kernel_config={"kernel_mapping": {"a": "evil/kernels:x"}}), "'kernel_config'"),
    "attention from the hub": (edited("config.json", _attn_implementation="evil/kernels:x"), "'_attn_implementation'"),
    "experts": (edited("config.json", experts_implementation="evil/x"), "'experts_implementation'"),
    "other weights by name": (edited("config.json", transformers_weights="adapter_model.bin"), "'transformers_weights'"),
    "other weights outside": (edited("config.json", transformers_weights="../x.safetensors"), "'transformers_weights'"),
    "other tokenizer files": (
        edited("tokenizer_config.json", fast_tokenizer_files=["../tokenizer.4.0.json"]), "'fast_tokenizer_files'",
    ),
    "a model for a tokenizer": (edited("tokenizer_config.json", tokenizer_class="BertModel"), "tokenizer class 'BertModel'"),
    "a pipeline for a tokenizer": (edited("tokenizer_config.json", tokenizer_class="Trainer"), "tokenizer class"),
    "a tokenizer of folders": (edited("tokenizer_config.json", tokenizer_class="RagTokenizer"), "tokenizer class"),
    "a tokenizer class by config": (edited("config.json", tokenizer_class="AutoModel"), "tokenizer class 'AutoModel'"),
    "a tokenizer class of no text": (edited("tokenizer_config.json", tokenizer_class={"a": 1}), "tokenizer class"),
    "architecture as a path": (edited("config.json", model_type="../../evil"), "only encoders of the BERT family"),
    "architecture of another kind": (edited("config.json", model_type=["bert"]), "only encoders of the BERT family"),
    "architecture that steers": (edited("config.json", model_type="bert\x1b]0;x\x07"), "only encoders of the BERT family"),
    "an adapter": (written("adapter_config.json", b'{"base_model_name_or_path": "../evil"}'), "adapter"),
    "pickles only": (renamed("model.safetensors", "gone.bin"), "pickles, which can run code"),
    "an index of pickles": (index({"a": "pytorch_model.bin"}), "leads to files"),
    "an index to outside": (index({"a": "../../part.safetensors"}), "leads to files"),
    "an index to the root": (index({"a": "/etc/passwd.safetensors"}), "leads to files"),
    "an index of numbers": (index({"a": 3}), "leads to files"),
    "an index of nothing": (index(["part.safetensors"]), "leads to files"),
    "weights that are a link": (linked("model.safetensors", ""), "is a link to elsewhere"),
    "a vocabulary that is a link": (linked("tokenizer.json", "/etc/passwd"), "is a link to elsewhere"),
    "a config that is a link": (linked("tokenizer_config.json", ""), "is a link to elsewhere"),
    "a link to itself": (linked("tokenizer.json", "tokenizer.json"), "is a link to elsewhere"),
    "weights of a gigabyte of names": (written("model.safetensors", header({}, length=1 << 60)), "is damaged"),
    "weights outside the file": (written("model.safetensors", header({"a": tensor(0, 1 << 40, [1 << 38])})), "is damaged"),
    "weights that overlap": (
        written("model.safetensors", header({"a": tensor(0, 64, [16]), "b": tensor(32, 64, [8])})), "is damaged",
    ),
    "weights before the file": (written("model.safetensors", header({"a": tensor(-8, 64, [18])})), "is damaged"),
    "weights of another shape": (written("model.safetensors", header({"a": tensor(0, 64, [1 << 40])})), "is damaged"),
    "weights that are none": (written("model.safetensors", b""), "is damaged"),
    "weights of noise": (written("model.safetensors", bytes(range(256)) * 40), "is damaged"),
    "an endless number of layers": (edited("config.json", num_hidden_layers=10**9), "'num_hidden_layers'"),
    "more layers than weights": (edited("config.json", num_hidden_layers=900, hidden_size=9_000), "cannot be right"),
    "a width of a billion": (edited("config.json", hidden_size=10**12), "'hidden_size'"),
    "a vocabulary of a billion": (edited("config.json", vocab_size=90_000_000), "cannot be right"),
    "a width that is none": (edited("config.json", hidden_size="384"), "'hidden_size'"),
    "layers below none": (edited("config.json", num_hidden_layers=-1), "'num_hidden_layers'"),
    "half a head": (edited("config.json", num_attention_heads=1.5), "'num_attention_heads'"),
    "endless labels": (edited("config.json", num_labels=10**7), "'num_labels'"),
    "infinite positions": (edited("config.json", max_position_embeddings=float("inf")), "'max_position_embeddings'"),
    "blocks in a list": (edited("config.json", block_sizes=[4, 10**7]), "'block_sizes'"),
    "a config of depth": (written("config.json", _DEEP), "unreadable config.json"),
    "a config of a number too long": (written("config.json", b'{"a": ' + b"9" * 10_000 + b"}"), "unreadable config.json"),
    "a config of a gigabyte": (sparse("config.json", 1 << 30), "unreadable config.json"),
    "a vocabulary of a gigabyte": (sparse("tokenizer.json", 1 << 30), "unreadable tokenizer.json"),
    "a second vocabulary of a gigabyte": (sparse("vocab.txt", 1 << 30), "unreadable vocab.txt"),
}  # fmt: skip
"""What is spoilt, and words of the refusal."""

UNLOADABLE: dict[str, Spoil] = {
    "no tokenizer model": written("tokenizer.json", b'{"version": "1.0", "model": {"type": "Evil"}}'),
    "a tokenizer of depth": written("tokenizer.json", _DEEP),
    "a tokenizer of wrong types": written("tokenizer.json", b'{"model": {"type": "WordPiece", "vocab": {"a": -1}}}'),
    "a length of words": edited("tokenizer_config.json", model_max_length="long"),
    "a length below nothing": edited("tokenizer_config.json", model_max_length=-3),
    "a padding of nowhere": edited("tokenizer_config.json", pad_token={"a": [1]}),
    "weights of another model": written("model.safetensors", header({"a": tensor(0, 64, [16])})),
    "architectures of odd kinds": edited("config.json", architectures=3),
    "labels with gaps": edited("config.json", id2label={"0": "a", "7": "b"}),
    "labels of odd kinds": edited("config.json", id2label=[1, 2]),
    "an activation of nowhere": edited("config.json", hidden_act="os.system"),
    "a dtype of nowhere": edited("config.json", dtype="evil.dtype", torch_dtype="__import__('os')"),
    "dropout of words": edited("config.json", hidden_dropout_prob="often"),
    "odd heads": edited("config.json", num_attention_heads=7),
    "no heads": edited("config.json", num_attention_heads=0),
    "a name or path of another": edited("config.json", _name_or_path="../../../etc/passwd"),
    "a commit of odd kinds": edited("config.json", _commit_hash={"a": 1}),
    "methods for values": edited("config.json", to_dict=3, save_pretrained="x", from_pretrained=[]),
}
"""What is not refused by a look. It may even load; if it does not, that is one sentence, and no code runs either way."""
