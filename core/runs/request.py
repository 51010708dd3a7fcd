"""The request of a run: `settings.toml`, typed and checked."""

from __future__ import annotations

import tomllib
from pathlib import Path

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from core.base.errors import ReviewtuiError
from core.reviews.options import ReadingOptions
from core.runs.outline import Distillation, Method, Parent
from core.settings.schema import Settings


class Request(BaseModel):
    """Everything that decides what a run does; enough to repeat it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    data: str
    """Absolute path of the training data, or a Hugging Face dataset id."""
    validation: str | None = None
    reading: ReadingOptions = ReadingOptions()
    preset: str = "balanced"
    settings: Settings = Settings()
    method: Method = "fine-tuning"
    """How the model is trained."""
    distillation: Distillation | None = None
    """What a student imitates; None for every other method."""
    parent: Parent | None = None
    """The run that this one branches off; None if it is not a branch."""
    group: str | None = None
    """Id of the group that the run belongs to, such as the seeds of one setting or a sweep; None if it stands alone."""
    hypothesis: str = ""
    """What the user expects of the run, in one line; empty if nothing was said."""

    def located(self) -> Request:
        """Return the request with a model folder made absolute, because the worker runs in another folder."""
        folder = Path(self.settings.model).expanduser()
        if self.settings.model in ("auto", "starter") or not folder.is_dir():
            return self
        return self.model_copy(update={"settings": self.settings.changed({"model": str(folder.absolute())})})

    def to_toml(self) -> str:
        """Return the request as TOML; a missing key means None, which TOML cannot say."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def read_request(file: Path) -> Request:
    """Return the request in a run's settings.toml.

    Raises:
        ReviewtuiError: The file is missing or damaged.
    """
    try:
        return Request.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ReviewtuiError(f"{file} cannot be read; the run cannot be repeated from it.") from error
