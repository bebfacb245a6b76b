"""Looks at finished pictures for what the owner does not want to be seen.

The classifier runs on the CPU in full precision, whatever the pictures are painted on: it then
takes no memory that the plan for the device has given to the models. It draws no random numbers,
and works in the thread that writes the files, while the next picture is painted already.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any, Final

import torch
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoImageProcessor, AutoModelForImageClassification

from generation.classifier import CONFIG, check_classifier, classifier
from generation.errors import BadClassifier
from generation.hub import cached_folder, download, is_cached
from generation.settings import GenerationSettings
from generation.worker.autoencoder import Pixels

log = logging.getLogger(__name__)

_FAULTS: Final = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    TypeError,
    AttributeError,
    ImportError,
    SafetensorError,
)
"""What the libraries raise for files that are not what they should be."""
_LOADING: Final[dict[str, Any]] = {"local_files_only": True, "trust_remote_code": False}


class Classifier:
    """Scores pictures with the model that ``[generation] safety`` names."""

    def __init__(self, settings: GenerationSettings) -> None:
        self._source = settings.safety
        self._labels = frozenset(label.casefold() for label in settings.safety_labels)
        self._cache = settings.cache
        self._processor: Any = None
        self._model: Any = None
        self._wanted: list[int] = []

    def load_if_here(self) -> None:
        """Load the model at once, unless it is still to be downloaded: an order waits for that.

        Raises ``BadClassifier``.
        """
        if is_cached(classifier(self._source), self._cache):
            self.load()
        else:
            log.info("%s is not here yet: the first order will load it", self._source)

    def load(self) -> None:
        """Load the model, if it is not loaded. Raises ``BadClassifier`` and ``ModelMissing``."""
        if self._model is not None:
            return
        about = classifier(self._source)
        # The engine has seen to it before; this says why where it could not.
        download(about, lambda event: None, self._cache)
        folder = cached_folder(about, self._cache)
        if folder is None:
            raise BadClassifier(self._source, "incomplete", CONFIG)
        check_classifier(folder, self._labels)
        # Weights that a file lacks would be drawn at random, from the numbers of the pictures.
        with torch.random.fork_rng(devices=[]):
            model = self._loaded(folder)
        named = model.config.id2label
        self._wanted = [at for at, label in named.items() if label.casefold() in self._labels]
        self._model = model

    def _loaded(self, folder: Path) -> Any:
        try:
            self._processor = AutoImageProcessor.from_pretrained(str(folder), **_LOADING)
            model, about = AutoModelForImageClassification.from_pretrained(
                str(folder),
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
                **_LOADING,
            )
        except _FAULTS as error:
            first = str(error).strip().splitlines()
            detail = first[0][:200] if first else type(error).__name__
            raise BadClassifier(str(folder), "cannot be loaded", detail) from error
        if lacking := sorted(about["missing_keys"]):
            raise BadClassifier(str(folder), "weights", lacking[0])
        return model.eval()

    def score(self, pixels: Pixels) -> float:
        """Return how sure it is, from 0 to 1, that a picture is what is not to be seen.

        That is the sum of its labels' probabilities; where each label has a probability of its own,
        the highest of them. Raises ``BadClassifier`` for no number: nothing passes unseen.
        """
        with torch.inference_mode():
            given = self._processor(images=Image.fromarray(pixels), return_tensors="pt")
            logits = self._model(**given).logits[0].double()
        if self._model.config.problem_type == "multi_label_classification":
            found = float(logits.sigmoid()[self._wanted].max())
        else:
            found = float(logits.softmax(0)[self._wanted].sum())
        if not math.isfinite(found):
            raise BadClassifier(self._source, "no number")
        return min(max(found, 0.0), 1.0)
