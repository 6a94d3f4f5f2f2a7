"""Models of the first version of a proxy's file, which kept them as text, JSON and ONNX.

They become the arrays that models are read from since, by none but readers of archgym's own; of a
graph of ONNX only the constants are taken, and only if the rest is the graph that they make.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError
from archgym.extras import needed_by
from archgym.proxy import lightgbm_text
from archgym.proxy.onnx_graph import to_onnx
from archgym.proxy.tabulated import Tabulated

Arrays = dict[str, NDArray[Any]]
Files = Mapping[str, bytes]


def arrays(kind: str, files: Files) -> Arrays:
    """Returns the arrays of a model, as its `write` returns them now.

    Args:
        kind: What it is called.
        files: The content of its files by name.

    Raises:
        ArchgymError: The files are not of such a model.
    """
    try:
        return _READERS[kind](files)
    except KeyError as error:
        raise ArchgymError(f"the file {error} of its model {kind!r} is missing") from error


def _ridge(files: Files) -> Arrays:
    return {"weights": np.array(json.loads(files["weights.json"]), np.float64)}


def _trees(files: Files) -> Arrays:
    trees = lightgbm_text.read([files[f"{number}.txt"].decode() for number in range(len(files))])
    return {
        "counts": trees.counts,
        "sizes": trees.sizes,
        "feature": trees.feature.astype(np.int32),
        "value": trees.value,
    }


def _network(files: Files) -> Arrays:
    with needed_by("model 'mlp' of a proxy"):
        import onnx
    graph = onnx.ModelProto.FromString(files["network.onnx"]).graph
    found: Arrays = {}
    for constant in graph.initializer:
        if constant.data_type == onnx.TensorProto.FLOAT:
            shape = tuple(constant.dims)
            found[constant.name] = np.frombuffer(constant.raw_data, "<f4").reshape(shape)
    tables = sum(name.startswith("table") for name in found)
    layers = sum(name.startswith("bias") for name in found)
    network = Tabulated(
        tuple(found[f"table{group}"] for group in range(tables)),
        found.get("weights_context", np.empty((0, found["table0"].shape[1]), np.float32)),
        tuple(found[f"weights{layer}"] for layer in range(1, layers + 1)),
        tuple(found[f"bias{layer}"] for layer in range(1, layers + 1)),
    )
    same = onnx.ModelProto.FromString(to_onnx(network)).graph
    if list(graph.node) != list(same.node):
        raise ArchgymError("its graph computes something else than a proxy's network")
    return network.write()


_READERS: dict[str, Callable[[Files], Arrays]] = {
    "ridge": _ridge,
    "forest": _trees,
    "lightgbm": _trees,
    "mlp": _network,
}
