"""Which models the native encoder supports, read from their config alone.

A model is recognized by its `model_type`, not by its name: MiniLM is a BERT, CamemBERT a RoBERTa. Anything that differs
from the architectures supported here (another activation, relative positions) is refused with the reason, and is
computed by the Hugging Face module instead. The forecast asks before a model is loaded, the learner after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Family = Literal["bert", "roberta", "distilbert"]

FAMILIES: dict[str, tuple[str, Family]] = {
    "bert": ("BertForSequenceClassification", "bert"),
    "roberta": ("RobertaForSequenceClassification", "roberta"),
    "xlm-roberta": ("XLMRobertaForSequenceClassification", "roberta"),
    "camembert": ("CamembertForSequenceClassification", "roberta"),
    "distilbert": ("DistilBertForSequenceClassification", "distilbert"),
}
"""`model_type` → the class that transformers builds, and the family whose computation it is."""


class UnsupportedModelError(Exception):
    """Raised when the native encoder does not support a model. The message says why, and is shown to the user."""


def native_family(config: Mapping[str, Any]) -> Family:
    """Return the family of the model whose `config.json` holds `config`.

    Raises:
        UnsupportedModelError: The native encoder does not support it.
    """
    kind = str(config.get("model_type"))
    if kind not in FAMILIES:
        raise UnsupportedModelError(f"{kind} is not an architecture it supports")
    family = FAMILIES[kind][1]
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise UnsupportedModelError("the model is a decoder")
    activation = config.get("activation" if family == "distilbert" else "hidden_act", "gelu")
    if activation != "gelu":
        raise UnsupportedModelError(f"its activation is {activation}, not gelu")
    if family != "distilbert" and config.get("position_embedding_type") not in (None, "absolute"):
        raise UnsupportedModelError("its positions are not absolute")
    return family
