"""Files of counted words or numbered features, which hold no text: they are recognised to be refused.

Such are `5 0:9 7:1` (LIBSVM, SVMlight), `great:2 buy_again:1 #label#:positive` (Blitzer's processed reviews) and their
kin: nearly everything on a line is a feature, a colon and a number.
"""

from __future__ import annotations

import re

_FEATURE = re.compile(r"[^\s:]\S*:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_LABEL = re.compile(r"[-+]?\d+(?:\.\d+)?(?:,[-+]?\d+)*", re.IGNORECASE)
_SAMPLED, _MIN_LINES = 40, 3
_MOST = 0.9
_MANY = 3
"""Features on a line, on average."""


def counts_features(text: str) -> bool:
    """Return whether the lines of `text`, whose last may be cut, are counts of features."""
    lines = [line for line in text.split("\n")[:-1][:_SAMPLED] if line.strip()]
    words = [word for line in lines for word in line.partition("#")[0].split()]
    features = sum(_FEATURE.fullmatch(word) is not None for word in words)
    labels = sum(_LABEL.fullmatch(word) is not None for word in words)
    enough = len(lines) >= _MIN_LINES and features >= _MANY * len(lines)
    return enough and features + min(labels, 2 * len(lines)) >= _MOST * len(words)
