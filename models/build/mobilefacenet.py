"""MobileFaceNet from TensorFlow Lite to ONNX, free in batch size.

The network's activation is PReLU, spelt out by TensorFlow as relu(x) + a/2 (x - |x|).
"""

import numpy as np
from numpy.typing import NDArray

from models.build.graphs import onnx, serialise
from models.build.prelu import prelu
from models.build.tflite_network import Kind, Network, Operator, read_network
from models.errors import BuildRefusedError

__all__ = ["convert"]

_PRELU = (Kind.RELU, Kind.ABSOLUTE, Kind.SUBTRACT, Kind.MULTIPLY, Kind.ADD)


class _Writer:
    """Collects nodes and weights while the operators are gone through."""

    def __init__(self, network: Network) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, NDArray[np.float32]] = {}
        self._network = network
        self._names = {network.input: "crops", network.output: "values"}

    def name(self, tensor: int) -> str:
        return self._names.get(tensor, f"t{tensor}")

    def constant(self, tensor: int) -> NDArray[np.float32]:
        return self._network.constants[tensor]

    def add(self, kind: str, inputs: list[str], output: str, **attributes: int | list[int]) -> None:
        node = onnx.helper.make_node(kind, inputs, [output])
        node.attribute.extend(onnx.helper.make_attribute(key, value) for key, value in attributes.items())
        self.nodes.append(node)

    def weight(self, name: str, values: NDArray[np.float32]) -> str:
        self.weights[name] = values
        return name

    def convolution(self, operator: Operator) -> None:
        source, kernel, bias = operator.inputs
        deep = operator.kind is Kind.CONVOLUTION
        # TensorFlow: (out, rows, columns, in) and, by channel, (1, rows, columns, out). ONNX: (out, in, ...).
        values = self.constant(kernel).transpose((0, 3, 1, 2) if deep else (3, 0, 1, 2))
        output = self.name(operator.output)
        self.add(
            "Conv",
            [
                self.name(source),
                self.weight(f"{output}.kernel", values),
                self.weight(f"{output}.bias", self.constant(bias)),
            ],
            output,
            kernel_shape=list(values.shape[2:]),
            strides=list(operator.strides),
            pads=list(operator.padding),
            group=1 if deep else len(values),
        )

    def prelu(self, source: int, slope: NDArray[np.float32], output: int) -> None:
        rewritten = prelu(self.name(source), slope, self.name(output))
        self.nodes.extend(rewritten.nodes)
        self.weights.update(rewritten.weights)


def convert(published: bytes) -> bytes:
    """The network as ONNX: crops (n, 3, 112, 112) to values (n, 192)."""
    network = read_network(published)
    writer = _Writer(network)
    position = 0
    while position < len(network.operators):
        operator = network.operators[position]
        if operator.kind in (Kind.CONVOLUTION, Kind.DEPTHWISE):
            writer.convolution(operator)
        elif operator.kind is Kind.ADD:
            first, second = operator.inputs
            writer.add("Add", [writer.name(first), writer.name(second)], writer.name(operator.output))
        elif operator.kind is Kind.RESHAPE:
            writer.add("Flatten", [writer.name(operator.inputs[0])], writer.name(operator.output), axis=1)
        else:
            slope = _prelu_slope(network, position)
            position += len(_PRELU) - 1
            writer.prelu(operator.inputs[0], slope, network.operators[position].output)
        position += 1
    return serialise(
        "mobilefacenet", writer.nodes, writer.weights, {"crops": ("n", 3, 112, 112)}, {"values": ("n", 192)}
    )


def _prelu_slope(network: Network, position: int) -> NDArray[np.float32]:
    """The slope below zero, per channel, of a PReLU that starts at this operator."""
    steps = network.operators[position : position + len(_PRELU)]
    if tuple(step.kind for step in steps) != _PRELU:
        raise BuildRefusedError(f"operator {position} of the network begins no PReLU")
    relu, absolute, subtract, multiply, add = steps
    chained = (
        absolute.inputs == relu.inputs
        and subtract.inputs == (relu.inputs[0], absolute.output)
        and multiply.inputs[1] == subtract.output
        and set(add.inputs) == {relu.output, multiply.output}
    )
    if not chained:
        raise BuildRefusedError(f"operators {position} to {position + 4} of the network are no PReLU")
    return 2 * network.constants[multiply.inputs[0]]
