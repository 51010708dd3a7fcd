"""The lab's recipe as a plain training loop, as in a course's notebook.

Every review is padded to the longest of the whole data set, in fp32. The encoder is frozen but runs in training mode,
so its dropout is on. SGD without momentum trains the pooler and the classifier on shuffled batches, and each epoch ends
with an evaluation. The epochs with their evaluations are timed; tokenizing and building the model are not.
"""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.jobs import Job, Measurement
from benchmarks.peers.common import (
    Span,
    load_model,
    load_tokenizer,
    peak_bytes,
    rows_sha256,
    take_part,
    texts_and_labels,
)


def train(job: Job) -> Measurement:
    """Train the head, epoch by epoch."""
    training = job.trained
    tokenizer = load_tokenizer(job.model)
    texts, labels = texts_and_labels(job.data)
    held_out, held_out_labels = texts_and_labels(job.held_out)
    limit = min(training.max_length, tokenizer.model_max_length)
    encoded = tokenizer(texts + held_out, padding="longest", truncation=True, max_length=limit, return_tensors="pt")
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    targets = torch.tensor(labels + held_out_labels)
    known = slice(None, len(texts)), slice(len(texts), None)
    train_part, held_out_part = (TensorDataset(ids[part], mask[part], targets[part]) for part in known)
    model = load_model(job)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=training.learning_rate)
    batches = DataLoader(train_part, batch_size=training.batch_size, shuffle=True)
    measured = DataLoader(held_out_part, batch_size=training.batch_size)
    accuracy = 0.0
    span = Span()
    span.begin()
    for _ in range(training.epochs):
        model.train()
        for input_ids, attention_mask, target in batches:
            optimizer.zero_grad()
            logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
            torch.nn.functional.cross_entropy(logits, target).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        model.eval()
        right = 0
        with torch.no_grad():
            for input_ids, attention_mask, target in measured:
                logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
                right += int((logits.argmax(-1) == target).sum())
        accuracy = right / len(held_out)
    span.end()
    return Measurement(
        seconds=span.seconds,
        cpu_seconds=span.cpu_seconds,
        peak_bytes=peak_bytes(),
        baseline_bytes=span.baseline_bytes,
        reviews=len(texts),
        rows_sha256=rows_sha256([(text, str(label)) for text, label in zip(texts, labels, strict=True)]),
        tokens=int(mask[known[0]].sum()) * training.epochs,
        padding_share=1 - float(mask[known[0]].float().mean()),
        accuracy=accuracy,
        notes={"padded_to_tokens": ids.shape[1]},
    )


if __name__ == "__main__":
    take_part(train)
