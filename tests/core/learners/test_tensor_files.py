"""Tensors come back from a file as they were, whatever lay transposed; what lay so is not copied on its way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.learners import tensor_files
from core.learners.tensor_files import load_tensors, save_tensors

SIZES = st.lists(st.integers(0, 5), min_size=0, max_size=3)


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.tuples(SIZES, st.booleans(), st.booleans()))
)
def test_tensors_come_back_to_the_bit_and_in_their_shape(wanted: dict[str, tuple[list[int], bool, bool]]) -> None:
    wanted.pop("__metadata__", None)  # the format's own
    tensors = {}
    for number, (name, (sizes, turned, half)) in enumerate(wanted.items()):
        tensor = torch.randn(sizes, generator=torch.Generator().manual_seed(number))
        tensor = tensor.to(torch.bfloat16) if half else tensor
        tensors[name] = tensor.transpose(0, -1) if turned and sizes else tensor
    with tempfile.TemporaryDirectory() as folder:
        save_tensors(tensors, Path(folder) / "tensors")
        found = load_tensors(Path(folder) / "tensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)


def test_a_matrix_that_lies_transposed_is_written_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, torch.Tensor] = {}
    monkeypatch.setattr(tensor_files, "save_file", lambda tensors, file, metadata: given.update(tensors))
    plain, turned = torch.randn(4, 3), torch.randn(3, 4).t()
    save_tensors({"plain": plain, "turned": turned, "part": torch.randn(6, 6)[::2]}, tmp_path / "file")
    assert {name: tensor.data_ptr() for name, tensor in given.items() if name != "part"} == {
        "plain": plain.data_ptr(),
        "turned": turned.data_ptr(),
    }
    assert given["turned"].shape == (3, 4) and given["part"].is_contiguous()


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.eye(3)}, tmp_path / "old")
    assert torch.equal(load_tensors(tmp_path / "old")["a"], torch.eye(3))


@pytest.mark.parametrize("said", ["[", "{}", "7", "null"])
def test_metadata_that_nobody_wrote_is_refused(said: str, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.eye(3)}, tmp_path / "forged", metadata={"transposed": said})
    with pytest.raises(ValueError):
        load_tensors(tmp_path / "forged")
