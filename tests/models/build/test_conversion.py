"""The conversion's own arithmetic, on a TensorFlow Lite network of one PReLU made in the test."""

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import onnxruntime
import pytest
import tflite

from models.build import tflite_network
from models.build.graphs import onnx, serialise
from models.build.prelu import prelu
from models.errors import BuildRefusedError


def test_prelu_rewritten_as_two_scalings_is_prelu_for_any_slope() -> None:
    slopes = np.array([-9.4, -0.5, 0.0, 0.25, 1.0, 1.7, 8.9], np.float32)
    rewritten = prelu("crops", slopes, "values")
    shape = ("n", 7, 4, 4)
    model = serialise("prelu", rewritten.nodes, rewritten.weights, {"crops": shape}, {"values": shape})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    values = np.random.default_rng(3).normal(size=(2, 7, 4, 4)).astype(np.float32)
    (given,) = session.run(None, {"crops": values})
    expected = np.where(values > 0, values, values * slopes[:, None, None])
    assert np.abs(given - expected).max() < 1e-5


def test_same_graph_gives_the_same_bytes() -> None:
    def build() -> bytes:
        node = onnx.helper.make_node("Relu", ["a"], ["b"])
        return serialise("g", [node], {}, {"a": ("n",)}, {"b": ("n",)})

    assert build() == build()


def test_operator_the_recipe_does_not_know_is_refused() -> None:
    with pytest.raises(BuildRefusedError, match="not one this recipe knows"):
        tflite_network.read_network(_network_of_one(tflite.BuiltinOperator.SOFTMAX))


def _network_of_one(code: int) -> bytes:
    builder = flatbuffers.Builder(256)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, code)
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    operator_code = tflite.OperatorCodeEnd(builder)
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, 0)
    operator = tflite.OperatorEnd(builder)
    tflite.SubGraphStartOperatorsVector(builder, 1)
    builder.PrependUOffsetTRelative(operator)
    operators = builder.EndVector()
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddOperators(builder, operators)
    graph = tflite.SubGraphEnd(builder)
    tflite.ModelStartOperatorCodesVector(builder, 1)
    builder.PrependUOffsetTRelative(operator_code)
    codes = builder.EndVector()
    tflite.ModelStartSubgraphsVector(builder, 1)
    builder.PrependUOffsetTRelative(graph)
    graphs = builder.EndVector()
    tflite.ModelStart(builder)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    builder.Finish(tflite.ModelEnd(builder))
    return bytes(builder.Output())
