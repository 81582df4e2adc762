"""CenterFace as its authors published it, made free in size and quick.

The published graph fixes its sides, and lists its weights as inputs, which keeps ONNX Runtime from
preparing them: as it stands it takes over twice as long.
"""

import numpy as np
from numpy.typing import NDArray

from models.build.graphs import onnx, serialise

__all__ = ["rebuild"]

_NAMES = {"input.1": "image", "537": "heatmap", "538": "scale", "539": "offset", "540": "landmarks"}
_OUTPUT_PLANES = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}


def rebuild(published: bytes) -> bytes:
    """Name the tensors, free the sides, fold each normalisation into the transposed convolution before it."""
    graph = onnx.load_from_string(published).graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    normalisations = {node.input[0]: node for node in graph.node if node.op_type == "BatchNormalization"}
    weights: dict[str, NDArray[np.float32]] = {}
    nodes = []
    for node in graph.node:
        if node.op_type == "BatchNormalization":
            continue
        folds = node.op_type == "ConvTranspose"
        new = _folded(node, normalisations[node.output[0]], values) if folds else _renamed(node)
        nodes.append(new)
        weights.update({name: values[name] for name in new.input if name in values})
    return serialise(
        "centerface",
        nodes,
        weights,
        {"image": ("n", 3, "height", "width")},
        {name: ("n", planes, "rows", "columns") for name, planes in _OUTPUT_PLANES.items()},
    )


def _renamed(node: onnx.NodeProto) -> onnx.NodeProto:
    inputs = [_NAMES.get(name, name) for name in node.input]
    new = onnx.helper.make_node(node.op_type, inputs, [_NAMES.get(name, name) for name in node.output])
    new.attribute.extend(node.attribute)
    return new


def _folded(
    node: onnx.NodeProto, normalisation: onnx.NodeProto, values: dict[str, NDArray[np.float32]]
) -> onnx.NodeProto:
    """One transposed convolution that does its normalisation too. Adds its new weights to `values`."""
    gain, shift, mean, variance = (values[name].astype(np.float64) for name in normalisation.input[1:])
    epsilon = next(item.f for item in normalisation.attribute if item.name == "epsilon")
    factor = gain / np.sqrt(variance + epsilon)
    kernel, bias = f"{node.input[1]}.folded", f"{node.input[1]}.bias"
    values[kernel] = (values[node.input[1]] * factor[None, :, None, None]).astype(np.float32)
    values[bias] = (shift - mean * factor).astype(np.float32)
    new = onnx.helper.make_node("ConvTranspose", [node.input[0], kernel, bias], normalisation.output)
    new.attribute.extend(node.attribute)
    return new
