"""Distillation, from a run's `settings.toml` to its `model/`: fine-tuning of a student that also imitates its teacher.

Steps, checkpoints and evaluations are those of `Session`. What differs comes before the first step: the model that the
student begins with is written from the teacher's, and the teacher answers all reviews once, or its answers are found.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import torch

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.base.units import in_bytes
from core.data.examples import Examples
from core.data.run_data import RunData, write_split
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize
from core.data.tokens import encode, special_tokens_of
from core.distillation.answers import Questions, Teacher, answers_of
from core.distillation.imitation import Imitation
from core.distillation.layers import imitated, layers_of
from core.distillation.reviews import NO_LABEL, Lesson, joined, new_texts, read_lesson
from core.distillation.student import write_student
from core.distillation.teacher import teacher_of
from core.distillation.variants import RECIPE, make_variants
from core.models.classifier import Classifier, longest_input
from core.models.sources import ModelSource, resolve_model
from core.planning.run_plan import num_frozen
from core.reviews.hashing import text_hash
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder
from core.runs.outline import Distillation
from core.runs.provenance import Provenance
from core.training.loop import TrainingLoop
from core.training.loss import Objective, class_weights
from core.worker.model_card import Making, making_of_fine_tuning
from core.worker.session import Session


class DistillationWork(Session):
    """One worker's work on one student."""

    _lesson: Lesson
    _teacher_model: ModelSource

    @property
    def _asked(self) -> Distillation:
        """What the student imitates.

        Raises:
            InputError: settings.toml does not say.
        """
        asked = self.request.distillation
        if asked is None or not asked.layers:
            raise InputError("The settings.toml of this run does not say which layers of which model it is made from.")
        return asked

    @property
    def _teacher(self) -> RunFolder:
        return teacher_of(self._asked)

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.run.student, ignore_errors=True)

    def _read(self) -> RunData:
        lesson = self._lesson = read_lesson(self.request, self._teacher, self._phase("reading"))
        for sentence in lesson.data.notices:
            self._notice(sentence)
        more = (lesson.unlabelled, lesson.unlabelled_rows) if lesson.unlabelled is not None else None
        write_split(self.run, lesson.data, more)
        return lesson.data

    def _source(self, earlier: Provenance | None) -> ModelSource:
        teacher, layers = self._teacher, self._asked.layers
        self._teacher_model = resolve_model(str(teacher.model))
        try:
            write_student(self._teacher_model.folder, layers, self.run.student)
        except OSError as error:
            raise ReviewtuiError(
                f"The student's model could not be written ({error}); make room and resume."
            ) from error
        name = f"{clean_line(teacher.request().name, 60)}, layers {', '.join(map(str, layers))}"
        return ModelSource(name, resolve_model(str(self.run.student)).folder)

    def _examples(self, classifier: Classifier, data: RunData, device: torch.device) -> tuple[Examples, Examples]:
        """Tokenize all reviews: the teacher reads every one of them before the first step."""
        if list(classifier.labels) != self._labels_of_teacher():
            raise InputError(
                f"The data has the classes {', '.join(map(_short, classifier.labels))} now, and the teacher knows "
                f"{', '.join(map(_short, self._labels_of_teacher()))}; a student needs the teacher's data."
            )
        tokens = self._tokenized(data.train, classifier)
        held_out = tokens if data.validation is data.train else self._tokenized(data.validation, classifier)
        validation = Examples(held_out, data.validation_rows, data.validation_labels, data.validation)
        labelled = Examples(tokens, data.train_rows, data.train_labels, data.train)
        sources = [labelled]
        if self._lesson.unlabelled is not None and len(rows := self._lesson.unlabelled_rows):
            reviews = self._lesson.unlabelled
            sources.append(Examples(self._tokenized(reviews, classifier), rows, _without_label(len(rows)), reviews))
        self._questions = [Questions(one) for one in sources]
        if (also := self._variants(sources, classifier)) is not None:
            self._questions.append(Questions(also, f"{RECIPE}, {self._asked.variants} of {_hash_of(sources)}"))
            sources.append(also)
        return joined(sources), validation

    def _variants(self, sources: Sequence[Examples], classifier: Classifier) -> Examples | None:
        """Return variants of the reviews to learn from, each text once and none of the held-out data; None for none."""
        starts = np.cumsum([0, *(len(one.rows) for one in sources)])

        def text(position: int) -> str:
            which = int(np.searchsorted(starts, position, side="right")) - 1
            one = sources[which]
            assert one.reviews is not None
            return one.reviews.text(int(one.rows[position - starts[which]]))

        made = make_variants(text, int(starts[-1]), self._asked.variants)
        hashes = np.array([text_hash(one) for one in made], dtype=np.uint64)
        rows, _ = new_texts(hashes, (("held out", self._lesson.held_out),))
        if not len(rows):
            return None
        found = encode(classifier.tokenizer, [made[row] for row in rows])
        counts = np.array([len(ids) for ids in found], dtype=np.int32)
        ids = np.array([number for ids in found for number in ids], dtype=np.uint32)
        store = TokenStore(ids, np.cumsum(counts, dtype=np.int64) - counts, counts, complete=True)
        return Examples(store, np.arange(len(store)), _without_label(len(store)), sources[0].reviews)

    def _tokenized(self, reviews: Reviews, classifier: Classifier) -> TokenStore:
        store = tokenize(reviews, classifier.tokenizer, self._phase("tokenizing"))
        self._tokens.append(store)
        return store

    def _labels_of_teacher(self) -> list[str]:
        from core.runs.model_labels import labels_of_model

        return list(labels_of_model(self._teacher))

    def _objective(
        self, classifier: Classifier, train: Examples, device: torch.device, precision: str
    ) -> Objective | None:
        """Have the teacher answer all reviews, and return what imitates its answers."""
        settings, asked = self.request.settings, self._asked
        model: Any = classifier.model
        kept = len(asked.layers)
        taught = imitated(layers_of(self._teacher_model.folder), kept)
        learning = range(max(num_frozen(settings, kept), 0), kept) if asked.hidden_weight else range(0)
        teacher = Teacher(
            self._teacher_model,
            classifier.labels,
            tuple(taught[number] for number in learning),
            int(model.config.hidden_size),
            settings,
            device,
            precision,
        )
        reads = special_tokens_of(
            classifier.tokenizer,
            longest_input(classifier.tokenizer, classifier.model),
            self._teacher.request().settings.truncation,
        )
        began = time.monotonic()
        progress = self._phase("asking the teacher")
        answers = answers_of(
            teacher, classifier.tokenizer, reads, self._questions, progress, heartbeat=self._heartbeat.beat
        )
        self._apart += time.monotonic() - began
        how = "found where an earlier run had kept them" if answers.found else "computed once and kept"
        self._notice(
            f"The teacher's answers to {len(answers):,} reviews and variants ({in_bytes(answers.bytes)}) were {how}."
        )
        labels = self._lesson.data.train_labels
        return Imitation(
            asked,
            train.labels,
            len(classifier.labels),
            answers,
            tuple(number + 1 for number in learning),
            class_weights(labels, len(classifier.labels), settings.class_weights),
            settings.label_smoothing,
            device,
        )

    def _making(self, loop: TrainingLoop) -> Making:
        asked, usual = self._asked, making_of_fine_tuning(loop)
        unlabelled = len(self._lesson.unlabelled_rows)
        also = f" and {unlabelled:,} unlabelled ones" if unlabelled else ""
        sentence = (
            f"Distilled from a model with {layers_of(self._teacher_model.folder)} layers (`{{model}}`) with reviewtui: "
            f"it began with {len(asked.layers)} of them, and learned from the labelled reviews{also}, and from what "
            f"its teacher says of them (temperature {asked.temperature:g}; weights {asked.label_weight:g} labels, "
            f"{asked.soft_weight:g} probabilities, {asked.hidden_weight:g} hidden states)."
        )
        return Making(sentence, usual.details, chosen_on_validation=True)


def _without_label(count: int) -> np.ndarray:
    return np.full(count, NO_LABEL, dtype=np.int64)


def _hash_of(sources: Sequence[Examples]) -> str:
    """Return a hash of the reviews of several sources."""
    digest = sha256()
    for one in sources:
        digest.update((one.reviews.report.data_hash if one.reviews is not None else "").encode())
        digest.update(np.ascontiguousarray(one.rows, dtype=np.int64).data)
    return digest.hexdigest()


def _short(label: str) -> str:
    return clean_line(label, 40)
