"""A network over coded designs as an ONNX graph.

Designs are one-hot to the network, so its first layer is a sum of rows of tables, one per group of
parameters: looked up instead of multiplied.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym.extras import needed_by
from archgym.proxy.tabulated import Tabulated

OPSET = 17
IR_VERSION = 8


def to_onnx(network: Tabulated) -> bytes:
    """Returns the graph that computes what the network does.

    Its inputs are `codes`, int64 of shape `[n, groups]`, and, if there is a context, `context`,
    float32 of shape `[1, context]`; its output is `outputs`, float32 of shape `[n, outputs]`.
    """
    with needed_by("model 'mlp' of a proxy"):
        from onnx import TensorProto, checker, helper, numpy_helper
    nodes, constants = [], []

    def constant(name: str, value: NDArray[np.generic]) -> str:
        constants.append(numpy_helper.from_array(value.copy(order="C"), name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    total = ""
    for group, table in enumerate(network.tables):
        column = constant(f"column{group}", np.array(group, np.int64))
        code = node("Gather", ["codes", column], f"code{group}", axis=1)
        weights = constant(f"table{group}", table)
        found = node("Gather", [weights, code], f"rows{group}", axis=0)
        total = node("Add", [total, found], f"sum{group}") if total else found
    context = len(network.context)
    if context:
        weights = constant("weights_context", network.context)
        shift = node("MatMul", ["context", weights], "shift")
        total = node("Add", [total, shift], "sum_context")
    layers = list(zip(network.weights, network.biases, strict=True))
    for layer, (weight, bias) in enumerate(layers, start=1):
        gate = node("Sigmoid", [total], f"gate{layer}")
        hidden = node("Mul", [total, gate], f"hidden{layer}")
        weights, shift = constant(f"weights{layer}", weight), constant(f"bias{layer}", bias)
        output = "outputs" if layer == len(layers) else f"layer{layer}"
        total = node("Gemm", [hidden, weights, shift], output)

    float32 = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("codes", TensorProto.INT64, ["n", len(network.tables)])]
    if context:
        inputs.append(helper.make_tensor_value_info("context", float32, [1, context]))
    outputs = [helper.make_tensor_value_info("outputs", float32, ["n", len(network.biases[-1])])]
    graph = helper.make_graph(nodes, "proxy", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
