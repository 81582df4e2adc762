"""A pack of two networks of a few bytes, made in the test: refusals need no real weights.

The detector answers one face, with fixed numbers, wherever its bias puts one; the embedder answers the
means of the crop's planes, through a matrix.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

MANIFEST = """
format = 1
name = "tiny"
summary = "Made in a test."

[detector]
kind = "centerface"
file = "detector.onnx"
max_side = 64
min_score = 0.5
max_overlap = 0.3

[alignment]
size = 112
points = [[38.0, 52.0], [74.0, 52.0], [56.0, 72.0], [42.0, 92.0], [71.0, 92.0]]

[[embedders]]
file = "embedder.onnx"
channels = "rgb"
mean = 127.5
scale = 0.0078125
mirror = false
dimension = 16
"""


def network(nodes: list[Any], weights: dict[str, np.ndarray], inputs: dict[str, Any], outputs: dict[str, Any]) -> bytes:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    data: bytes = model.SerializeToString()
    return data


def detector() -> bytes:
    """Every output is the picture averaged over cells of 4 pixels, times nothing: no face, ever."""
    nodes, weights, outputs = [], {}, {}
    for name, planes in (("heatmap", 1), ("scale", 2), ("offset", 2), ("landmarks", 10)):
        weights[f"{name}.w"] = np.zeros((planes, 3, 4, 4))
        nodes.append(helper.make_node("Conv", ["image", f"{name}.w"], [name], kernel_shape=[4, 4], strides=[4, 4]))
        outputs[name] = ["n", planes, "rows", "columns"]
    return network(nodes, weights, {"image": ["n", 3, "height", "width"]}, outputs)


def embedder(dimension: int = 16, batch: str | int = "n", gain: float = 1.0) -> bytes:
    """Values are a fixed matrix times the planes' means, plus 1 so that no crop is without direction."""
    mixing = np.random.default_rng(dimension).normal(size=(3, dimension)) * gain
    nodes = [
        helper.make_node("GlobalAveragePool", ["crops"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Gemm", ["flat", "mixing", "ones"], ["values"]),
    ]
    weights = {"mixing": mixing, "ones": np.full(dimension, gain)}
    return network(nodes, weights, {"crops": [batch, 3, 112, 112]}, {"values": [batch, dimension]})


def write_pack(folder: Path, manifest: str = MANIFEST, licence: str = "MIT", **files: bytes) -> Path:
    """Write a pack with a detector, an embedder and, by keyword, other files (`x` becomes x.onnx)."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"detector": detector(), "embedder": embedder()} | files
    for stem, data in contents.items():
        (folder / f"{stem}.onnx").write_bytes(data)
        manifest += (
            f'\n[[files]]\nname = "{stem}.onnx"\nsize = {len(data)}\n'
            f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nlicence = "{licence}"\n'
        )
    (folder / "manifest.toml").write_text(manifest)
    return folder
