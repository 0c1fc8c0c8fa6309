"""The sentence encoder: its words are those of the original tokenizer, its network that of PyTorch's layers."""

import numpy as np
import pytest
import torch
from torch import nn

from inference.heads import sentences
from inference.heads.sentences import Bert, Sentences, TextError, WordPiece, gelu, quantised, words

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "un", "##aff", "##able", "car", "##s", "'", ",", "cafe", "人", "2"]


def random_state(seed: int = 0, rows: int = 40) -> dict[str, np.ndarray]:
    """Weights under the names of the published file."""
    rng = np.random.default_rng(seed)
    width, wide = sentences.WIDTH, 4 * sentences.WIDTH
    shapes = {
        "embeddings.word_embeddings.weight": (rows, width),
        "embeddings.position_embeddings.weight": (sentences.MAX_PIECES + 8, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
        "pooler.dense.weight": (width, width),
    }
    for layer in range(sentences.LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= {f"{name}.attention.{part}.weight": (width, width), f"{name}.attention.{part}.bias": (width,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (width,), f"{name}.{part}.bias": (width,)}
        shapes |= {f"{name}.intermediate.dense.weight": (wide, width), f"{name}.intermediate.dense.bias": (wide,)}
        shapes |= {f"{name}.output.dense.weight": (width, wide), f"{name}.output.dense.bias": (width,)}
    return {k: rng.normal(0, 0.06, shape).astype(np.float32) + ("LayerNorm.w" in k) for k, shape in shapes.items()}


def by_torch(state: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """The same network out of PyTorch's own layers."""
    w = {k: torch.from_numpy(v) for k, v in state.items()}
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + w["embeddings.token_type_embeddings.weight"][0]
    norm = "embeddings.LayerNorm"
    x = nn.functional.layer_norm(x, (x.shape[1],), w[f"{norm}.weight"], w[f"{norm}.bias"], 1e-12)[None]
    for n in range(sentences.LAYERS):
        layer = nn.TransformerEncoderLayer(384, 12, 1536, 0.0, "gelu", 1e-12, batch_first=True).eval()
        name = f"encoder.layer.{n}"
        parts = [f"{name}.attention.self.{p}" for p in ("query", "key", "value")]
        for kind in ("weight", "bias"):
            of = {
                f"self_attn.in_proj_{kind}": torch.cat([w[f"{p}.{kind}"] for p in parts]),
                f"self_attn.out_proj.{kind}": w[f"{name}.attention.output.dense.{kind}"],
                f"linear1.{kind}": w[f"{name}.intermediate.dense.{kind}"],
                f"linear2.{kind}": w[f"{name}.output.dense.{kind}"],
                f"norm1.{kind}": w[f"{name}.attention.output.LayerNorm.{kind}"],
                f"norm2.{kind}": w[f"{name}.output.LayerNorm.{kind}"],
            }
            layer.load_state_dict(of, strict=False)
        with torch.inference_mode():
            x = layer(x)
    mean = x[0].mean(0)
    return (mean / mean.norm()).numpy()


def test_the_network_is_bert() -> None:
    state, ids = random_state(), [2, 7, 7, 31, 0, 3]
    short = {k.removeprefix("encoder.layer."): v for k, v in state.items()}
    assert np.abs(Bert(short)(ids) - by_torch(state, ids)).max() < 1e-5


def test_eight_bits_change_a_vector_little() -> None:
    state, ids = random_state(), [2, 7, 7, 31, 0, 3]
    kept = quantised(state)
    assert not any("pooler" in name for name in kept)
    assert kept["0.attention.self.query.weight"].dtype == np.int8
    assert kept["embeddings.position_embeddings.weight"].shape[0] == sentences.MAX_PIECES
    assert Bert(kept)(ids) @ by_torch(state, ids) > 0.999


def test_gelu_is_the_exact_one() -> None:
    x = np.linspace(-8, 8, 4001, dtype=np.float32)
    assert np.abs(gelu(x) - nn.functional.gelu(torch.from_numpy(x)).numpy()).max() < 3e-6


def test_pieces_are_the_longest_known_ones() -> None:
    pieces = WordPiece(PIECES)
    assert pieces("Unaffable, the Cars'") == [2, 5, 6, 7, 11, 4, 8, 9, 10, 3]
    assert pieces("the\tCAFÉ 人人 xyz 2") == [2, 4, 12, 13, 13, 1, 14, 3]
    assert pieces("car" * 40) == [2, 1, 3]
    assert len(pieces("the " * 200)) == sentences.MAX_PIECES


# What `tokenizers` 0.23.3 says with the published tokenizer.json (its pre-tokenizer after its normaliser).
RECORDED = [
    ("The Left-most PERSON!", ["the", "left", "-", "most", "person", "!"]),
    ("the café's déjà-vu", ["the", "cafe", "'", "s", "deja", "-", "vu"]),
    ("3.5kg of_rice & $5", ["3", ".", "5kg", "of", "_", "rice", "&", "$", "5"]),
    ("left\xa0person\u200b ok�", ["left", "person", "ok"]),
    ("人物 on the 左", ["人", "物", "on", "the", "左"]),
    ("naïve ﬁsh Ⅻ ½", ["naive", "ﬁsh", "ⅻ", "½"]),
    ("a\x00b\x07c\u2028d", ["abc", "d"]),
    ("“quoted” — dash…", ["“", "quoted", "”", "—", "dash", "…"]),
    ("İstanbul ẞ ÅNGSTRÖM", ["istanbul", "ß", "angstrom"]),
    ("🐶 dog^2 `x` ~y|z", ["🐶", "dog", "^", "2", "`", "x", "`", "~", "y", "|", "z"]),
]


@pytest.mark.parametrize(("text", "expected"), RECORDED)
def test_words_are_those_of_the_original(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!", "— …"])
def test_a_text_without_a_word_is_refused_in_words_that_can_be_shown(text: str) -> None:
    with pytest.raises(TextError, match="few words"):
        Sentences().encode(text)


def test_missing_weights_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FileNotFoundError, match="inference.heads.sentences"):
        Sentences(tmp_path).encode("the red car")
