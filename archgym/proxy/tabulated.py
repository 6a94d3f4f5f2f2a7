"""A network over coded designs, whose first layer is looked up in tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError
from archgym.proxy.arrays import Arrays, array
from archgym.proxy.network import Network

Array = NDArray[np.float32]

_MOST_LAYERS = 64


@dataclass(frozen=True)
class Tabulated:
    """What a `Network` becomes once it is trained; all arrays are float32.

    Attributes:
        tables: By group, what each of its codes adds to the units of the first hidden layer, shape
            `[codes, units]`.
        context: What each number that describes the workload adds to them, shape
            `[context, units]`.
        weights: By layer from the second on, shape `[inputs, outputs]`.
        biases: Likewise, shape `[outputs]`.
    """

    tables: tuple[Array, ...]
    context: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    @classmethod
    def of(cls, network: Network, basis: Sequence[NDArray[np.float64]]) -> "Tabulated":
        """Tabulates a network.

        Args:
            network: The network; its inputs are the features of all groups, then the context.
            basis: The features of each code, one table per group.
        """
        first = network.weights[0].astype(np.float64)
        tables, row = [], 0
        for group, features in enumerate(basis):
            table = features @ first[row : row + features.shape[1]]
            row += features.shape[1]
            if group == 0:
                table = table + network.biases[0]
            tables.append(table.astype(np.float32))
        return cls(
            tuple(tables),
            network.weights[0][row:],
            tuple(network.weights[1:]),
            tuple(network.biases[1:]),
        )

    def write(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays by name."""
        return {
            **{f"table{group}": table for group, table in enumerate(self.tables)},
            "context": self.context,
            **{f"weights{layer}": each for layer, each in enumerate(self.weights, start=1)},
            **{f"bias{layer}": each for layer, each in enumerate(self.biases, start=1)},
        }

    @classmethod
    def read(cls, arrays: Arrays, codes: Sequence[int], context: int, outputs: int) -> "Tabulated":
        """Makes one of what `write` returned.

        Args:
            arrays: The arrays by name, which are not trusted.
            codes: How many codes each group has.
            context: How many numbers describe the workload.
            outputs: How many outputs there are.

        Raises:
            ArchgymError: They don't make a network whose outputs are always finite.
        """
        units: int | None = None
        tables = []
        for group, count in enumerate(codes):
            tables.append(array(arrays, f"table{group}", np.float32, (count, units)))
            units = tables[-1].shape[1]
        of_context = array(arrays, "context", np.float32, (context, units))
        weights, biases = [], []
        layers = sum(name.startswith("weights") for name in arrays)
        if not 1 <= layers <= _MOST_LAYERS:
            raise ArchgymError(f"its network has {layers} layers after the first")
        for layer in range(1, layers + 1):
            width = outputs if layer == layers else None
            weights.append(array(arrays, f"weights{layer}", np.float32, (units, width)))
            units = weights[-1].shape[1]
            biases.append(array(arrays, f"bias{layer}", np.float32, (units,)))
        network = cls(tuple(tables), of_context, tuple(weights), tuple(biases))
        with np.errstate(all="ignore"):
            farthest = network._farthest()
        # Anything that is not a number is not below it either.
        if not farthest < float(np.finfo(np.float32).max):
            raise ArchgymError("its network has weights that are not finite, or far too large")
        return network

    def _farthest(self) -> float:
        """Returns what no unit exceeds, whatever the design and its context, up to 10 by number."""
        far = 10 * np.abs(self.context.astype(np.float64)).sum(axis=0)
        for table in self.tables:
            far = far + np.abs(table.astype(np.float64)).max(axis=0)
        farthest = float(far.max())
        for weight, bias in zip(self.weights, self.biases, strict=True):
            # SiLU, which lies in between, makes nothing larger.
            far = far @ np.abs(weight.astype(np.float64)) + np.abs(bias.astype(np.float64))
            farthest = float(np.max([farthest, far.max()]))
        return farthest
