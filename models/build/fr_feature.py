"""A second embedder as it was published in ONNX, made free in batch size and quick.

Nearly a fifth of its weights are so small (below 1e-20) that processors leave their fast path for them. They
are set to nought, which moves no output, and takes one pass from 72 ms to 7; PReLU rewritten makes it 2.4.
"""

import numpy as np
from numpy.typing import NDArray

from models.build.graphs import onnx, serialise
from models.build.prelu import prelu

__all__ = ["rebuild"]

_NOTHING = 1e-20


def rebuild(published: bytes) -> bytes:
    """Crops (n, 3, 112, 112) to values (n, 512)."""
    graph = onnx.load_from_string(published).graph
    values = {tensor.name: _cleared(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    weights: dict[str, NDArray[np.float32]] = {}
    for node in graph.node:
        if node.op_type == "PRelu":
            rewritten = prelu(node.input[0], values[node.input[1]].reshape(-1), node.output[0])
            nodes.extend(rewritten.nodes)
            weights.update(rewritten.weights)
        elif node.op_type == "Reshape":  # To one row; the published shape fixes the batch.
            nodes.append(onnx.helper.make_node("Flatten", [node.input[0]], node.output, axis=1))
        else:
            nodes.append(node)
            weights.update({name: values[name] for name in node.input if name in values})
    return serialise("fr_feature", nodes, weights, {"input": ("n", 3, 112, 112)}, {"output": ("n", 512)})


def _cleared(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.abs(values) < _NOTHING, np.float32(0), values) if values.dtype == np.float32 else values
