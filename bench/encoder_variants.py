"""The two embedding models in several runtimes, from the same weights, for ``bench.encoder_runtimes``.

MiniLM's weights are float32. Those of multilingual-e5-small came rounded to 4 bits; "fp32" computes
with these in floats. ONNX Runtime runs one text at a time on each thread, as the site does; torch runs
batches.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch
from onnx import helper, numpy_helper
from safetensors.numpy import load_file
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from search.embedding import language_neutral
from search.embedding.encoder_graph import EMBEDDINGS, SLOW_FUSIONS, encoder
from search.embedding.model_files import BUNDLED, locate, locate_multilingual
from search.embedding.multilingual import PASSAGE, QUESTION, MultilingualEmbedder
from search.embedding.packed_model import Floats, PackedModel, Sizes

BATCH = 16
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS = {"w": "weight", "b": "bias"}
_AFTER = {
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
}
_MATRICES = {"q", "k", "v", "ao", "fi", "fo"}

Tokens = Callable[[str], list[int]]
"""Ids of a text, special ones included, no more than the model reads."""


class _MiniLM(PackedModel):
    """MiniLM's float32 weights behind the names of the packed model."""

    def __init__(self) -> None:
        stored = load_file(locate(BUNDLED).folder / "model.safetensors")
        self._stored: dict[str, Floats] = {name: np.asarray(value) for name, value in stored.items()}
        self.sizes = Sizes(hidden=384, layers=6, heads=12, intermediate=1536, tokens=30522, positions=512)
        self.epsilon = 1e-12

    def vector(self, name: str) -> Floats:
        return self._stored[_bert_name(name)].reshape(-1)

    def matrix(self, name: str, columns: int) -> Floats:
        return self._stored[_bert_name(name)]

    def token_rows(self, ids: "np.ndarray[Any, np.dtype[np.int64]]") -> Floats:
        rows: Floats = self._stored["embeddings.word_embeddings.weight"][ids]
        return rows


@dataclass(frozen=True, slots=True)
class Model:
    """Weights, and what is done with a text before and with its vector after."""

    weights: PackedModel
    tokens: Tokens
    prompts: tuple[str, str] = ("", "")
    finish: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]] | None = None


class Variant:
    """Embeds with a model by ``states``, which turns ids of several texts into a vector for each."""

    def __init__(self, model: Model, states: Callable[[list[list[int]]], Floats]) -> None:
        self._model, self._states = model, states

    def embed(self, texts: Sequence[str]) -> Floats:
        return self._vectors(texts, side=1)

    def embed_queries(self, texts: Sequence[str]) -> Floats:
        return self._vectors(texts, side=0)

    def _vectors(self, texts: Sequence[str], side: int) -> Floats:
        rows = self._states([self._model.tokens(self._model.prompts[side] + text) for text in texts])
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return self._model.finish[side](rows) if self._model.finish else rows


def variants(folder: str) -> dict[str, Callable[[], Variant | MultilingualEmbedder]]:
    """By name, each made when it is wanted. ``folder`` is where the vocabulary is kept."""
    multilingual = MultilingualEmbedder(folder)

    def e5() -> Model:
        pieces = SentencePieceProcessor(model_file=str(multilingual.tokenizer_path()))
        packed = PackedModel(locate_multilingual())
        special = packed.specials

        def tokens(text: str) -> list[int]:
            return [special.begin, *pieces.encode(text)[:510], special.end]

        return Model(packed, tokens, (QUESTION, PASSAGE), language_neutral.stored())

    def mini() -> Model:
        tokenizer = Tokenizer.from_file(str(locate(BUNDLED).tokenizer))
        tokenizer.no_padding()
        tokenizer.enable_truncation(locate(BUNDLED).max_tokens)
        return Model(_MiniLM(), lambda text: list(tokenizer.encode(text).ids))

    return {
        "MiniLM, torch fp32": lambda: by_torch(mini(), torch.float32),
        "MiniLM, torch bf16": lambda: by_torch(mini(), torch.bfloat16),
        "MiniLM, ONNX Runtime fp32": lambda: by_onnx(mini(), exact=True),
        "MiniLM, ONNX Runtime int8": lambda: by_onnx(mini(), exact=False),
        "e5, torch fp32": lambda: by_torch(e5(), torch.float32),
        "e5, torch bf16": lambda: by_torch(e5(), torch.bfloat16),
        "e5, ONNX Runtime fp32": lambda: by_onnx(e5(), exact=True),
        "e5, ONNX Runtime int8 (the site)": lambda: multilingual,
    }


def by_torch(model: Model, dtype: torch.dtype) -> Variant:
    """Batches of similar lengths, padded, on all processors; a lone text on one."""
    encoder_: torch.nn.Module = _bert(model.weights)
    encoder_ = encoder_.to(dtype).eval()
    threads = len(os.sched_getaffinity(0))

    def states(texts: list[list[int]]) -> Floats:
        torch.set_num_threads(1 if len(texts) == 1 else threads)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = np.zeros((len(texts), model.weights.sizes.hidden), dtype=np.float32)
        for at in range(0, len(order), BATCH):
            places = order[at : at + BATCH]
            lengths = [len(texts[place]) for place in places]
            padded = np.zeros((len(places), max(lengths)), dtype=np.int64)
            for row, place in enumerate(places):
                padded[row, : lengths[row]] = texts[place]
            mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
            with torch.inference_mode():
                embedded = torch.from_numpy(model.weights.token_rows(padded)).to(dtype)
                hidden = encoder_(inputs_embeds=embedded, attention_mask=mask.long()).last_hidden_state
                summed = (hidden.float() * mask[..., None]).sum(1)
                rows[places] = (summed / mask.sum(1)[:, None]).numpy()
        return rows

    return Variant(model, states)


def by_onnx(model: Model, *, exact: bool) -> Variant:
    """One text at a time on each processor, as the site runs its own model."""
    graph = encoder(model.weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        _in_floats(graph, model.weights) if exact else graph,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=list(SLOW_FUSIONS),
    )
    sizes = model.weights.sizes
    places = model.weights.vector("emb.pos").reshape(-1, sizes.hidden)
    places = places + model.weights.vector("emb.type")[: sizes.hidden]
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))

    def one(ids: list[int]) -> Floats:
        embedded = model.weights.token_rows(np.array(ids, dtype=np.int64)) + places[: len(ids)]
        (hidden,) = session.run(None, {EMBEDDINGS: embedded[None]})
        mean: Floats = hidden[0].mean(axis=0)
        return mean

    def states(texts: list[list[int]]) -> Floats:
        return np.array(list(map(one, texts) if len(texts) == 1 else pool.map(one, texts)))

    return Variant(model, states)


def _in_floats(graph: bytes, weights: PackedModel) -> bytes:
    """The site's graph with float32 products in place of those of 8 bits."""
    made = onnx.load_from_string(graph)
    nodes, kept = [], {one.name: one for one in made.graph.initializer}
    for node in made.graph.node:
        if node.op_type != "DynamicQuantizeMatMul":
            nodes.append(node)
            continue
        name = node.output[0].removesuffix(".out")
        kept.pop(f"{name}.levels"), kept.pop(f"{name}.scales")
        matrix = np.ascontiguousarray(_matrix(weights, name).T)
        kept[f"{name}.floats"] = numpy_helper.from_array(matrix, f"{name}.floats")
        nodes.append(helper.make_node("MatMul", [node.input[0], f"{name}.floats"], [f"{name}.product"]))
        nodes.append(helper.make_node("Add", [f"{name}.product", f"{name}.bias"], [node.output[0]]))
    del made.graph.node[:], made.graph.initializer[:]
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(kept.values())
    serialised: bytes = made.SerializeToString()
    return serialised


def _matrix(weights: PackedModel, name: str) -> Floats:
    layer, _dot, part = name.partition(".")
    hidden, wide = weights.sizes.hidden, weights.sizes.intermediate
    if part == "qkv":
        return np.concatenate([weights.matrix(f"{layer}.{one}.w", hidden) for one in "qkv"])
    return weights.matrix(f"{name}.w", wide if part == "fo" else hidden)


def _bert(weights: PackedModel) -> BertModel:
    """With an empty table of tokens, whose rows come as input."""
    sizes = weights.sizes
    config = BertConfig(
        vocab_size=1,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.intermediate,
        max_position_embeddings=len(weights.vector("emb.pos")) // sizes.hidden,
        type_vocab_size=len(weights.vector("emb.type")) // sizes.hidden,
        layer_norm_eps=weights.epsilon,
        pad_token_id=0,
    )
    model = BertModel(config, add_pooling_layer=False)
    values = {_bert_name(name): torch.tensor(value) for name, value in _named(weights)}
    missing, unexpected = model.load_state_dict(values, strict=False)
    assert not unexpected and set(missing) <= {"embeddings.word_embeddings.weight"}, (missing, unexpected)
    return model


def _named(weights: PackedModel) -> Iterator[tuple[str, Floats]]:
    sizes = weights.sizes
    for name in ("emb.pos", "emb.type"):
        yield name, weights.vector(name).reshape(-1, sizes.hidden)
    for kind in _KINDS:
        yield f"emb.ln.{kind}", weights.vector(f"emb.ln.{kind}")
    for number in range(sizes.layers):
        for part in _PARTS:
            name = f"l{number}.{part}"
            yield f"{name}.w", _matrix(weights, name) if part in _MATRICES else weights.vector(f"{name}.w")
            yield f"{name}.b", weights.vector(f"{name}.b")


def _bert_name(name: str) -> str:
    """``l3.fi.w`` is ``encoder.layer.3.intermediate.dense.weight``."""
    if name in _AFTER:
        return _AFTER[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_PARTS[part]}.{_KINDS[kind]}"
