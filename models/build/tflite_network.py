"""Read a TensorFlow Lite network of a few plain operators into records."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from models.build.graphs import tflite
from models.errors import BuildRefusedError

__all__ = ["Kind", "Network", "Operator", "read_network"]

_SAME_PADDING = 0


class Kind(Enum):
    """The operators understood, with TensorFlow Lite's own codes."""

    ADD = tflite.BuiltinOperator.ADD
    CONVOLUTION = tflite.BuiltinOperator.CONV_2D
    DEPTHWISE = tflite.BuiltinOperator.DEPTHWISE_CONV_2D
    RELU = tflite.BuiltinOperator.RELU
    RESHAPE = tflite.BuiltinOperator.RESHAPE
    MULTIPLY = tflite.BuiltinOperator.MUL
    SUBTRACT = tflite.BuiltinOperator.SUB
    ABSOLUTE = tflite.BuiltinOperator.ABS


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One step: tensors are named by their index. Strides and paddings are (vertical, horizontal)."""

    kind: Kind
    inputs: tuple[int, ...]
    output: int
    strides: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)  # Top, left, bottom, right.


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Operators in the order they run, the constant tensors by index, and the ends."""

    operators: tuple[Operator, ...]
    constants: dict[int, NDArray[np.float32]]
    input: int
    output: int


def read_network(data: bytes) -> Network:
    """Raise BuildRefusedError for an operator or option that is not understood."""
    model = tflite.Model.GetRootAsModel(data, 0)
    graph = model.Subgraphs(0)
    operators = [_operator(model, graph, index) for index in range(graph.OperatorsLength())]
    constants = {}
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        buffer = model.Buffers(tensor.Buffer())
        if tensor.Type() == tflite.TensorType.FLOAT32 and buffer.DataLength():
            values = np.frombuffer(buffer.DataAsNumpy().tobytes(), "<f4")
            constants[index] = values.reshape(tensor.ShapeAsNumpy()).astype(np.float32)
    return Network(tuple(operators), constants, int(graph.Inputs(0)), int(graph.Outputs(0)))


def _operator(model: "tflite.Model", graph: "tflite.SubGraph", index: int) -> Operator:
    source = graph.Operators(index)
    code = model.OperatorCodes(source.OpcodeIndex())
    try:
        kind = Kind(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
    except ValueError as error:
        raise BuildRefusedError(f"operator {index} of the network is not one this recipe knows") from error
    inputs = tuple(int(tensor) for tensor in source.InputsAsNumpy())
    output = int(source.Outputs(0))
    if kind not in (Kind.CONVOLUTION, Kind.DEPTHWISE):
        return Operator(kind, inputs, output)
    options = (tflite.Conv2DOptions if kind is Kind.CONVOLUTION else tflite.DepthwiseConv2DOptions)()
    options.Init(source.BuiltinOptions().Bytes, source.BuiltinOptions().Pos)
    if options.FusedActivationFunction() or options.DilationHFactor() != 1 or options.DilationWFactor() != 1:
        raise BuildRefusedError(f"operator {index} of the network has an option this recipe does not know")
    strides = int(options.StrideH()), int(options.StrideW())
    padding = (0, 0, 0, 0)
    if options.Padding() == _SAME_PADDING:
        padding = _same_padding(graph, inputs, output, strides)
    return Operator(kind, inputs, output, strides, padding)


def _same_padding(
    graph: "tflite.SubGraph", inputs: tuple[int, ...], output: int, strides: tuple[int, int]
) -> tuple[int, int, int, int]:
    """TensorFlow's SAME: as much as the output needs, the odd pixel at the bottom and right."""
    before, kernel, after = (graph.Tensors(tensor).ShapeAsNumpy() for tensor in (*inputs[:2], output))
    both = [max(int((after[axis] - 1) * strides[axis - 1] + kernel[axis] - before[axis]), 0) for axis in (1, 2)]
    return both[0] // 2, both[1] // 2, both[0] - both[0] // 2, both[1] - both[1] // 2
