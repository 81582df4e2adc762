"""Small pieces for writing ONNX graphs whose bytes depend on nothing but their content."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import BuildRefusedError

try:
    import onnx
    import tflite
    from onnx import helper, numpy_helper
except ImportError as error:
    raise BuildRefusedError(
        f"Building a pack needs {error.name}. Install the dev extra: pip install 'missing-child-alert[dev]'."
    ) from error

__all__ = ["Shape", "onnx", "serialise", "tflite"]

Shape = Sequence[int | str]

# The oldest version of the format that holds every operator used, so that old runtimes read it too.
_OPSET, _IR_VERSION = 13, 7


def serialise(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, NDArray[np.float32]],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
) -> bytes:
    """A checked model as bytes: the same graph gives the same bytes, whoever builds it and when."""
    graph = helper.make_graph(
        nodes,
        name,
        [_float_tensor(key, shape) for key, shape in inputs.items()],
        [_float_tensor(key, shape) for key, shape in outputs.items()],
        [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in weights.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="mca"
    )
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _float_tensor(name: str, shape: Shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape))
