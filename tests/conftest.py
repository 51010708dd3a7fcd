"""What every test may use: a private home, three tiny encoders, and reviews made up for them.

The encoders have two layers, 32 columns and random weights; they are built once a session and nobody writes in them.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("reviewtui", deadline=None, max_examples=40)  # a busy machine is no defect
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=400)  # --hypothesis-profile
hypothesis.settings.load_profile("reviewtui")

sys.dont_write_bytecode = False  # else each of the hundreds of processes that tests start compiles all modules anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["HF_HUB_OFFLINE"] = "1"  # before any library reads it; the processes that tests start inherit it
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models are slower on several, and much slower on busy ones
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # the same figures on every machine

if os.environ.get("PYTEST_XDIST_WORKER", "gw").removeprefix("gw"):
    # Each of the processes that share the tests keeps to a processor of its own, and so does what it starts: two that
    # compute on the same ones, with two threads each, take many times as long.
    _processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {_processors[int(os.environ["PYTEST_XDIST_WORKER"][2:]) % len(_processors)]})

FAMILIES = ("bert", "distilbert", "roberta")
GOOD = "great lovely sturdy works perfect happy excellent comfortable recommend soft".split()
BAD = "broken awful cheap returned terrible refund useless disappointing fell apart".split()
PLAIN = "the it a very after two weeks of use this chair lamp cable zip box and is was".split()
POSITIONS = 64
"""Tokens that the tiny encoders read, special tokens included."""

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`$REVIEWTUI_HOME`, not there yet."""
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def no_worker_left(home: Path) -> Iterator[None]:
    """Ends whatever worker a failed test left behind in its home, and what scores a pile that a test opened."""
    yield
    if (home / "runs").is_dir():
        from core.runs.folder import list_runs
        from core.runs.lock import living_worker

        for run in list_runs():
            if (holder := living_worker(run.lock)) is not None and holder.pid != os.getpid():
                os.kill(holder.pid, signal.SIGKILL)
    if (home / "scores").is_dir():
        from core.scores.launch import end_in_background

        end_in_background()


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    """`until(condition)`: what `condition` returns once it is true; fails after `seconds`."""

    def wait(condition: Callable[[], Any], seconds: float = 180.0, what: str = "") -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.005)
        pytest.fail(f"not within {seconds} s: {what or condition}")

    return wait


def made_reviews(rows: int, seed: int = 0) -> list[tuple[str, str]]:
    """Different (text, label) pairs, both labels as often, 2 to 40 words long."""
    generator = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < rows:
        label, words = (("positive", GOOD), ("negative", BAD))[len(found) % 2]
        length = min(2 + int(generator.expovariate(0.12)), 40)
        text = " ".join(generator.choice(words if generator.random() < 0.4 else PLAIN) for _ in range(length))
        found.setdefault(f"{text} {generator.choice(words)}", label)
    return list(found.items())


@pytest.fixture(scope="session")
def reviews_of() -> Callable[..., list[tuple[str, str]]]:
    """`made_reviews` for tests: `reviews_of(rows, seed)`."""
    return made_reviews


@pytest.fixture
def reviews_csv(tmp_path: Path) -> Write:
    """Write made-up reviews to a CSV file with the columns `review` and `label`."""

    def write(rows: int = 48, seed: int = 0, name: str = "reviews.csv") -> Path:
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([("review", "label"), *made_reviews(rows, seed)])
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Family → the folder of a tiny encoder of it, without a head."""
    return {family: _build_encoder(family, tmp_path_factory.mktemp(family) / "model") for family in FAMILIES}


@pytest.fixture(scope="session")
def tiny_model(tiny_models: dict[str, Path]) -> Path:
    """The tiny BERT."""
    return tiny_models["bert"]


@pytest.fixture(scope="session")
def tiny_classifier(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier as a run leaves it: a tiny BERT with a random head over negative and positive."""
    from core.models.classifier import build_classifier, save_classifier
    from core.models.sources import ModelSource
    from core.settings.schema import Settings

    folder = tmp_path_factory.mktemp("classifier") / "model"
    settings = Settings(max_length=32, seed=3)
    classifier = build_classifier(ModelSource("tiny", tiny_model), ("negative", "positive"), settings)
    save_classifier(classifier, folder)
    return folder


def _build_encoder(family: str, folder: Path) -> Path:
    import torch
    import transformers

    tokenizer = _byte_pairs() if family == "roberta" else _word_pieces()
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    deep = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    configs: dict[str, Any] = {
        "bert": lambda: transformers.BertConfig(**sizes, **deep, max_position_embeddings=POSITIONS),
        "distilbert": lambda: transformers.DistilBertConfig(
            **sizes, dim=32, n_layers=2, n_heads=2, hidden_dim=48, max_position_embeddings=POSITIONS
        ),
        "roberta": lambda: transformers.RobertaConfig(
            **sizes, **deep, max_position_embeddings=POSITIONS + tokenizer.pad_token_id + 1, type_vocab_size=1
        ),
    }
    torch.manual_seed(0)
    model = transformers.AutoModel.from_config(configs[family]())
    with torch.no_grad():  # wider than a fresh encoder's, so that its layers do something that a test can see
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(4)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.model_max_length = POSITIONS
    tokenizer.save_pretrained(folder)
    return folder


def _word_pieces() -> Any:
    """A WordPiece tokenizer over the words of the made-up reviews, with letters for all others."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *PLAIN, *letters, *(f"##{x}" for x in letters)]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(word, vocabulary[word]) for word in ("[CLS]", "[SEP]")],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def _byte_pairs() -> Any:
    """A byte-level BPE tokenizer with RoBERTa's special tokens, learned from made-up reviews."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for text, _ in made_reviews(100)), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        sep_token="</s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    )
