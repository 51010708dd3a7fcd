"""Random edits of the Setup form as keys, and a model of what they come to: the command that the form then shows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import ClassVar

from core.settings.presets import PRESETS
from core.settings.schema import Settings, describe
from tui.form_values import as_typed, check
from tui.screens.setup.draft_check import check_draft, command_of
from tui.screens.setup.form import DECLARATIONS
from tui.screens.setup.ranges import proposed
from tui.screens.setup.varying import in_order
from tui.shell_command import quoted
from tui.state import Draft

NUMBERS = {
    "max_length": ("64", "128", "300", "512"),
    "epochs": ("2", "3", "7", "12"),
    "batch_size": ("8", "32", "64"),
    "learning_rate": ("2e-5", "1e-3", "0.0001", "5e-6"),
    "warmup_ratio": ("0.2", "0", ".05"),
    "weight_decay": ("0.1", "1e-3", "0"),
    "lora_rank": ("4", "16"),
    "validation_fraction": ("0.2", "0.25"),
    "checkpoint_seconds": ("30", "120"),
    "seed": ("2", "42", "12345"),
    "max_steps": ("100", "20"),
}
VARYING = ("epochs", "batch_size", "weight_decay", "max_length")
"""Settings that vary, over a range that does not depend on the model."""
CHOICES = ("truncation", "schedule", "class_weights", "best_metric", "deterministic")


@dataclass
class Edit:
    """Keys, and what they do to the form."""

    ORDER: ClassVar[tuple[str, ...]] = ("name", "hypothesis", *(declaration.name for declaration in describe()))

    keys: list[str] = field(default_factory=list)
    setting: str = ""
    value: str | None = None
    """The value that the setting then has; None for the preset's."""
    undoes: bool = False
    varies: bool = False
    """Whether the setting varies from then on, if it did not before; otherwise its single value comes back."""
    preset: str = ""


_KINDS = (*("number",) * 6, *("choice",) * 3, *("vary",) * 2, "reset", "undo", "undo", "preset")


def random_edits(generator: random.Random, count: int, cancel: bool | None = None) -> list[Edit]:
    """Edits as people make them; each begins at the first row and is left in one of several ways.

    Args:
        cancel: whether all are given up with escape, or none; None for some.
    """
    kinds = {None: (*_KINDS, "cancel"), True: ("cancel",), False: _KINDS}[cancel]
    return [_edit(generator, generator.choice(kinds)) for _ in range(count)]


def _edit(generator: random.Random, kind: str) -> Edit:
    if kind == "undo":
        return Edit(["u"], undoes=True)
    if kind == "preset":
        number = generator.randrange(len(PRESETS))
        return Edit(["p", str(number + 1)], preset=list(PRESETS)[number])
    if kind == "vary":
        name = generator.choice(VARYING)
        return Edit(["home", *["down"] * Edit.ORDER.index(name), "v", "down"], name, varies=True)
    name = generator.choice(CHOICES if kind == "choice" else tuple(NUMBERS))
    keys = ["home", *["down"] * Edit.ORDER.index(name)]
    if kind == "reset":
        return Edit([*keys, generator.choice(("r", "backspace"))], name, None)
    if kind == "choice":
        # The value depends on the one before: the model turns it.
        return Edit([*keys, generator.choice(("left", "right"))], name, "")
    text = generator.choice(NUMBERS[name])
    typed = _typed(generator, text)
    opened = generator.choice(([], ["enter"]))
    if kind == "cancel":
        return Edit([*keys, *opened, *typed, "escape"])
    left = generator.choice((["enter"], ["down"], ["up", "down"], ["enter", "down"]))
    return Edit([*keys, *opened, *typed, *left], name, text)


def _typed(generator: random.Random, text: str) -> list[str]:
    """The text, sometimes with a slip that is taken back, or with a character that is put in afterwards."""
    keys = list(text)
    way = generator.random()
    if way < 0.2:
        at = generator.randint(1, len(keys))
        keys[at:at] = [generator.choice("0123456789"), "backspace"]
    elif way < 0.4 and len(keys) > 1:
        keys = [*keys[:-2], keys[-1], "left", keys[-2], "end"]
    return keys


@dataclass
class FormModel:
    """What the form holds after edits, by the rules that a person is told."""

    source: str
    preset: str = "balanced"
    typed: dict[str, str] = field(default_factory=dict)
    varied: dict[str, str] = field(default_factory=dict)
    past: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def apply(self, edit: Edit) -> None:
        """Follow one edit."""
        if edit.undoes:
            while self.past:
                preset, typed, varied = self.past.pop()
                if (preset, typed, varied) != (self.preset, self.typed, self.varied):
                    self.preset, self.typed, self.varied = preset, dict(typed), dict(varied)
                    break
            return
        self.past.append((self.preset, dict(self.typed), dict(self.varied)))
        if edit.preset:
            self.preset, self.typed, self.varied = edit.preset, {}, {}
        elif edit.setting in self.varied and (edit.varies or edit.value is None):
            del self.varied[edit.setting]
        elif edit.setting in self.varied:
            self.varied[edit.setting] = edit.value or ""
        elif edit.varies:
            base = Settings().changed({**PRESETS[self.preset][1], **self.typed})
            self.varied[edit.setting] = proposed(DECLARATIONS[edit.setting], base)
        elif edit.setting and edit.value is None:
            self.typed.pop(edit.setting, None)
        elif edit.setting:
            self.typed[edit.setting] = edit.value or self._turned(edit)
        self.typed = check(self.preset, self.typed).typed
        self.varied = in_order(self.varied)

    def command(self) -> str:
        """The command that starts what the edits ask for."""
        draft = Draft(source=self.source, preset=self.preset, typed=self.typed, varied=self.varied)
        return quoted(command_of(draft, check_draft(draft, frozenset()).group))

    def _turned(self, edit: Edit) -> str:
        declaration = next(one for one in describe() if one.name == edit.setting)
        choices = declaration.choices if declaration.kind == "choice" else ("false", "true")
        base = Settings().changed(PRESETS[self.preset][1])
        now = self.typed.get(edit.setting, as_typed(getattr(base, edit.setting)))
        return choices[(choices.index(now) + (1 if edit.keys[-1] == "right" else -1)) % len(choices)]
