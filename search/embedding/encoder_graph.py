"""A BERT encoder (Devlin et al. 2018) as an ONNX graph that multiplies 8-bit integers.

Weights are rounded once more, to 7 bits with one scale for each output: with all 8 the sums of two products
overflow 16 bits on processors without VNNI. Activations are rounded while it runs, with one scale for each
text, so the graph takes one text at a time; that also is faster than a padded batch. Token embeddings
are an input, so that the large token table stays outside.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from search.embedding.packed_model import Floats, PackedModel

EMBEDDINGS = "embeddings"
"""The input: float32 (1, tokens, hidden), the sum of token, position and type embeddings."""

SLOW_FUSIONS = ("SkipLayerNormFusion",)
"""Optimisers of ONNX Runtime to leave out: its fused addition and normalisation is several times slower."""

_HIGHEST = 63
_ONNX_RUNTIME = "com.microsoft"
_FROM_RUNTIME = {"DynamicQuantizeMatMul", "MultiHeadAttention", "Gelu"}
_OPSET = 20
_IR_VERSION = 10


class _Graph:
    def __init__(self, model: PackedModel) -> None:
        self.model = model
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        domain = _ONNX_RUNTIME if kind in _FROM_RUNTIME else ""
        self.nodes.append(helper.make_node(kind, list(inputs), output.split(), domain=domain, **attributes))
        return output

    def linear(self, inputs: str, name: str, weights: Floats, bias: Floats) -> str:
        """``inputs @ weights.T + bias``."""
        scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / np.float32(_HIGHEST)
        levels = np.rint(weights / scales[:, None]).astype(np.int8)
        parts = [
            inputs,
            self.constant(f"{name}.levels", levels.T),
            self.constant(f"{name}.scales", scales),
            "",
            self.constant(f"{name}.bias", bias),
        ]
        return self.node("DynamicQuantizeMatMul", parts, f"{name}.out")

    def stored_linear(self, inputs: str, name: str, columns: int) -> str:
        return self.linear(
            inputs, name, self.model.matrix(f"{name}.w", columns), self.model.vector(f"{name}.b")
        )

    def normalised(self, inputs: str, name: str) -> str:
        stored = [f"{name}.{part}" for part in "wb"]
        parts = [inputs, *(self.constant(part, self.model.vector(part)) for part in stored)]
        return self.node("LayerNormalization", parts, f"{name}.out", epsilon=self.model.epsilon)

    def layer(self, inputs: str, name: str) -> str:
        sizes = self.model.sizes
        parts = [f"{name}.{part}" for part in "qkv"]
        weights = np.concatenate([self.model.matrix(f"{part}.w", sizes.hidden) for part in parts])
        bias = np.concatenate([self.model.vector(f"{part}.b") for part in parts])
        joined = self.linear(inputs, f"{name}.qkv", weights, bias)
        self.node("Split", [joined, "thirds"], " ".join(parts), axis=-1)
        context = self.node("MultiHeadAttention", parts, f"{name}.context", num_heads=sizes.heads)
        attended = self.stored_linear(context, f"{name}.ao", sizes.hidden)
        attended = self.normalised(self.node("Add", [attended, inputs], f"{name}.sum"), f"{name}.aln")
        wide = self.node("Gelu", [self.stored_linear(attended, f"{name}.fi", sizes.hidden)], f"{name}.gelu")
        narrow = self.stored_linear(wide, f"{name}.fo", sizes.intermediate)
        return self.normalised(self.node("Add", [narrow, attended], f"{name}.total"), f"{name}.oln")


def encoder(model: PackedModel) -> bytes:
    """The serialised ONNX model, about 22 MB. Its output has the shape of its input. Takes under a second."""
    graph, sizes = _Graph(model), model.sizes
    graph.constant("thirds", np.full(3, sizes.hidden, dtype=np.int64))
    hidden = graph.normalised(EMBEDDINGS, "emb.ln")
    for number in range(sizes.layers):
        hidden = graph.layer(hidden, f"l{number}")
    shape: list[str | int | None] = [1, "tokens", sizes.hidden]
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info(EMBEDDINGS, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(hidden, TensorProto.FLOAT, shape)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_ONNX_RUNTIME, 1)],
    )
    made.ir_version = _IR_VERSION
    serialised: bytes = made.SerializeToString()
    return serialised
