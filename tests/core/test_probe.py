from core.models.classifier import *
from core.models.sources import ModelSource
from core.settings import Settings
def test_p(tiny_models, tmp_path):
    import transformers, json
    f = tmp_path/"m"
    c = build_classifier(ModelSource("x", tiny_models["bert"]), ("a","b"), Settings(max_length=20, truncation="tail"))
    save_classifier(c, f)
    print(c.tokenizer.truncation_side, (f/"tokenizer_config.json").read_text(), json.loads((f/"tokenizer.json").read_text())["truncation"])
    t = transformers.AutoTokenizer.from_pretrained(f)
    print(t.truncation_side, t("great "*5+"lamp "*30, truncation=True)["input_ids"])
    p = transformers.pipeline("text-classification", model=str(f))
    print(p.tokenizer.truncation_side, p.tokenizer("great "*5+"lamp "*30, truncation=True)["input_ids"])
    c2 = load_classifier(f); print(c2.tokenizer.truncation_side)
