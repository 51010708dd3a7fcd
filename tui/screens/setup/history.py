"""Undo for the Setup screen: what was typed before each change, across presets and resets."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.state import Draft

MAX_CHANGES = 100
"""Changes that can be undone."""
_Moment = tuple[str, dict[str, str], dict[str, str], str, str]
"""Preset, typed values, ranges, name and hypothesis of the run at one time."""


@dataclass
class EditHistory:
    """The states that undo returns to, the latest last."""

    moments: list[_Moment] = field(default_factory=list)

    def remember(self, draft: Draft) -> None:
        """Save the state of the draft before it is changed."""
        moment = _moment(draft)
        if not self.moments or self.moments[-1] != moment:
            self.moments = [*self.moments[-MAX_CHANGES + 1 :], moment]

    def undo(self, draft: Draft) -> bool:
        """Give the draft its values from before the last change that had an effect; False if there is none."""
        while self.moments:
            moment = self.moments.pop()
            if moment != _moment(draft):
                draft.preset, draft.typed, draft.varied, draft.name, draft.hypothesis = moment
                return True
        return False


def _moment(draft: Draft) -> _Moment:
    return draft.preset, dict(draft.typed), dict(draft.varied), draft.name, draft.hypothesis
