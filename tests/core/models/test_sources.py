"""From the name of a model to its folder: disk, cache, hub, starter, and a sentence for every failure."""

from __future__ import annotations

import hashlib
import shutil
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import errors
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError, ReviewtuiError
from core.base.files import sha256_of
from core.models import sources
from core.models.sources import PREFERRED, STARTER_SHA256, ModelSource, resolve_model, starter_folder

Hub = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that answers as told: `hub(cached=…, online=…, answers=…)` with folders or errors; returns the calls."""

    def install(
        cached: Path | Exception | None = None, online: Path | Exception | None = None, answers: bool = True
    ) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []
        missing = errors.LocalEntryNotFoundError("not cached")

        def snapshot_download(name: str, **how: Any) -> str:
            calls.append({"name": name, **how})
            found = (cached or missing) if how.get("local_files_only") else online
            if isinstance(found, Exception):
                raise found
            return str(found)

        def model_info(self: object, name: str, **how: Any) -> object:
            if not answers:
                raise TimeoutError("timed out")
            return object()

        monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        return calls

    return install


def http(kind: type[Exception], status: int) -> Exception:
    """An error of the hub's library, as for an answer with that status."""
    error = kind.__new__(kind)
    Exception.__init__(error, f"{status} for url https://hub")
    return error


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> Path:
    """A package that ships the tiny model as the starter; its code must never run."""
    package = tmp_path / "site" / "tiny_starter"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('the starter package was imported')\n")
    shutil.move(folder, package / "model")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setattr(sources, "STARTER_PACKAGE", "tiny_starter")
    monkeypatch.setattr(sources, "STARTER_SHA256", sha256_of(package / "model" / "model.safetensors"))
    return package / "model"


def test_a_local_folder_is_itself_wherever_it_is_named_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HOME", str(folder.parent))
    for name in (str(folder), "model", "./model", "~/model", "model/"):
        source = resolve_model(name)
        assert (source.folder, source.name) == (folder, str(folder))


@pytest.mark.parametrize("name", ["./absent", "/absent/model", "~/absent", "a b", "a/b/c", "", "-x y", "a\nb", "\x00"])
def test_what_is_neither_a_folder_nor_an_id_is_refused(name: str, hub: Hub) -> None:
    calls = hub()
    with pytest.raises(InputError, match="There is no model folder"):
        resolve_model(name)
    assert calls == []


@pytest.mark.parametrize("name", ["~nobody-of-this-name/model", "x" * 400, "a/" + "b" * 5000, "/proc/1/fd/x\x00"])
def test_a_name_that_the_system_itself_refuses_is_a_sentence(name: str, hub: Hub) -> None:
    hub()
    with pytest.raises(ReviewtuiError) as caught:
        resolve_model(name)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=40))
def test_no_name_ends_in_anything_but_a_model_or_a_sentence(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_from_hub", lambda name: Path("/nonexistent"))
        patch.setattr(sources, "starter_folder", lambda: Path("/nonexistent"))
        patch.setattr(sources, "_cached", lambda name: None)
        with pytest.raises(ReviewtuiError):
            resolve_model(name)


def test_an_id_is_taken_from_the_cache_without_asking_the_hub(hub: Hub, folder: Path) -> None:
    calls = hub(cached=folder, online=RuntimeError("asked"))
    assert resolve_model("shop/bert") == ModelSource("shop/bert", folder)
    assert all(call["local_files_only"] for call in calls)


def test_an_id_that_is_not_cached_is_fetched_and_only_harmless_files_of_it(hub: Hub, folder: Path) -> None:
    calls = hub(online=folder)
    assert resolve_model("shop/bert").folder == folder
    patterns = calls[-1]["allow_patterns"]
    assert "*.safetensors" in patterns and calls[-1]["etag_timeout"] <= 10
    assert not any(pattern.endswith((".bin", ".py", ".pt", "*")) for pattern in patterns)


def test_what_the_hub_gives_is_checked_like_any_folder(hub: Hub, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    hub(online=folder)
    with pytest.raises(InputError, match=r"shop/bert is refused: its weights are pickles"):
        resolve_model("shop/bert")


def test_a_half_fetched_model_in_the_cache_is_fetched_anew(hub: Hub, folder: Path, tmp_path: Path) -> None:
    half = Path(shutil.copytree(folder, tmp_path / "half"))
    (half / "model.safetensors").unlink()
    hub(cached=half, online=folder)
    assert resolve_model("shop/bert").folder == folder


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (http(errors.RepositoryNotFoundError, 404), InputError, "The hub has no model 'shop/bert'"),
        (http(errors.GatedRepoError, 403), InputError, "accept its terms"),
        (http(errors.HfHubHTTPError, 503), ReviewtuiError, "--model starter"),
        (errors.LocalEntryNotFoundError("no connection"), ReviewtuiError, "--model starter"),
        (errors.OfflineModeIsEnabled("offline"), ReviewtuiError, "--model starter"),
        (TimeoutError("timed out"), ReviewtuiError, "the hub does not answer"),
        (ConnectionError("refused"), ReviewtuiError, "the hub does not answer"),
        (errors.HFValidationError("bad id"), ReviewtuiError, "shop/bert"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_way_the_hub_can_fail_is_one_sentence(
    hub: Hub, error: Exception, kind: type[ReviewtuiError], words: str
) -> None:
    hub(online=error)
    with pytest.raises(kind) as caught:
        resolve_model("shop/bert")
    assert type(caught.value) is kind
    assert words in str(caught.value) and str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_the_automatic_choice_is_the_preferred_model_from_the_cache(hub: Hub, folder: Path) -> None:
    hub(cached=folder, answers=False)
    source = resolve_model("auto")
    assert (source.name, source.folder) == (PREFERRED, folder) and "cache" in source.note


def test_the_automatic_choice_is_the_preferred_model_from_the_hub(hub: Hub, folder: Path) -> None:
    hub(online=folder)
    source = resolve_model("auto")
    assert (source.name, source.folder) == (PREFERRED, folder) and "hub" in source.note


def test_the_automatic_choice_without_cache_and_hub_is_the_starter(hub: Hub, starter: Path) -> None:
    calls = hub(answers=False)
    source = resolve_model("auto")
    assert (source.name, source.folder) == ("starter", starter) and PREFERRED in source.note
    assert all(call["local_files_only"] for call in calls)


def test_offline_the_hub_is_never_asked(hub: Hub, starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: pytest.fail("asked"))
    assert resolve_model("auto").name == "starter"


def test_the_starter_is_found_without_running_its_package(starter: Path) -> None:
    assert starter_folder() == starter
    assert resolve_model("starter") == ModelSource("starter", starter)


def test_a_starter_with_other_weights_is_refused(starter: Path) -> None:
    weights = bytearray((starter / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (starter / "model.safetensors").write_bytes(weights)
    with pytest.raises(ReviewtuiError, match="weights are not the ones expected"):
        resolve_model("starter")


def test_a_starter_without_weights_is_a_sentence(starter: Path) -> None:
    (starter / "model.safetensors").unlink()
    with pytest.raises(ReviewtuiError, match=r"Cannot read .*model\.safetensors"):
        resolve_model("starter")


def test_a_starter_that_is_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in (None, types.SimpleNamespace(submodule_search_locations=None)):
        monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name, found=found: found)
        with pytest.raises(ReviewtuiError, match=r"pip install 'reviewtui\[starter\]'"):
            resolve_model("starter")


@pytest.mark.starter
def test_the_real_starter_is_the_one_we_know() -> None:
    try:
        source = resolve_model("starter")
    except ReviewtuiError as error:
        pytest.skip(str(error))
    assert sha256_of(source.folder / "model.safetensors") == STARTER_SHA256


def test_the_hash_of_weights_changes_with_any_bit_and_with_no_name(folder: Path, tmp_path: Path) -> None:
    before = ModelSource("one", folder).weights_sha256()
    moved = folder.rename(tmp_path / "elsewhere")
    assert ModelSource("two", moved).weights_sha256() == before
    with (moved / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    assert ModelSource("one", moved).weights_sha256() != before


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(b"x" * 3_000_000).hexdigest()
