"""The conformance suite of simulators: what any simulator must do, ours or a third party's.

Each check is a plain function that raises `AssertionError` with one sentence, so that any test
runner will do; `check_simulator` runs them all:

```python
import archgym
from archgym.testing import check_simulator

def test_conformance():
    check_simulator(MySimulator(), archgym.Workload.load("stream", requests=200))
```
"""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archgym.parameter import Design
from archgym.simulator import Failure, Outcome, Simulator

# Domains can be huge; what a simulator does at the ends of one matters, and in between.
_VALUES_TRIED = 4


def check_simulator(simulator: Simulator, workload: Any) -> None:
    """Runs the whole suite on a simulator; takes some dozens of simulations.

    Args:
        simulator: What to check.
        workload: A short one that it can play.

    Raises:
        AssertionError: The simulator breaks the contract.
    """
    check_declarations(simulator)
    check_metrics(simulator, workload)
    check_batches(simulator, workload)
    check_defaults(simulator, workload)
    check_bad_designs(simulator, workload)


def check_declarations(simulator: Simulator) -> None:
    """Checks that it states its name, version, parameters and metrics."""
    where = type(simulator).__name__
    assert simulator.name, f"{where} states no name"
    assert isinstance(simulator.version, str), f"{where} states no version"
    assert simulator.version, f"{where} states no version"
    assert simulator.parameters, f"{where} states no parameters"
    for name, parameter in simulator.parameters.items():
        assert parameter.name == name, f"{where} lists parameter {parameter.name} under {name}"
    stated = getattr(simulator, "metrics", None)
    assert isinstance(stated, frozenset), f"{where}.metrics is not a frozenset of names"


def check_metrics(simulator: Simulator, workload: Any) -> None:
    """Checks that every value of every parameter yields declared, finite metrics or a failure."""
    designs = list(_one_by_one(simulator))
    for design, outcome in zip(designs, _run(simulator, designs, workload), strict=True):
        if isinstance(outcome, Failure):
            assert outcome.reason, f"{simulator.name} fails {design} without a reason"
            continue
        assert outcome, f"{simulator.name} measures nothing of {design}"
        for name, value in outcome.items():
            where = f"{simulator.name}, {design}: metric {name}"
            assert name in simulator.metrics, f"{where} is not among the simulator's metrics"
            assert name in simulator.reported(workload), f"{where} is not to be reported"
            number = isinstance(value, (int, float)) and not isinstance(value, (bool, np.generic))
            assert number, f"{where} is a {type(value).__name__}, not a plain number"
            assert math.isfinite(value), f"{where} is {value}"


def check_batches(simulator: Simulator, workload: Any) -> None:
    """Checks that an outcome depends on the design alone: not on the batch, order or history."""
    designs = list(_one_by_one(simulator))
    first = _run(simulator, designs, workload)
    name = simulator.name
    assert first == _run(simulator, designs, workload), f"{name} is not deterministic"
    backwards = _run(simulator, designs[::-1], workload)[::-1]
    assert first == backwards, f"{name}: outcomes depend on the order of the batch"
    for design, outcome in list(zip(designs, first, strict=True))[:5]:
        alone = _run(simulator, [design], workload)
        assert alone == [outcome], f"{name}: the outcome of {design} depends on its batch"
    repeated = _run(simulator, designs[:1] * 3, workload)
    assert repeated == first[:1] * 3, f"{name}: a design repeated in a batch has other outcomes"
    assert _run(simulator, [], workload) == [], f"{name}: an empty batch has outcomes"


def check_defaults(simulator: Simulator, workload: Any) -> None:
    """Checks that parameters left out take the defaults that the simulator documents."""
    default = {name: parameter.default for name, parameter in simulator.parameters.items()}
    empty, full = _run(simulator, [{}, default], workload)
    name = simulator.name
    assert not isinstance(full, Failure), f"{name} fails its own default design: {full}"
    assert empty == full, f"{name}: the design {{}} differs from the documented defaults"


def check_bad_designs(simulator: Simulator, workload: Any) -> None:
    """Checks that a design it can't run yields a failure in its place and harms no other."""
    (good,) = _run(simulator, [{}], workload)
    parameter = next(iter(simulator.parameters))
    for bad in ({"NoSuchParameter": 1}, {parameter: "no such value"}, {parameter: math.nan}):
        first, middle, last = _run(simulator, [{}, bad, {}], workload)
        where = f"{simulator.name}, bad design {bad}"
        assert isinstance(middle, Failure), f"{where}: an outcome instead of a failure"
        assert middle.kind == "invalid", f"{where}: a failure of kind {middle.kind}, not invalid"
        assert middle.reason, f"{where}: a failure without a reason"
        assert first == last == good, f"{where}: the other designs of the batch are affected"


def _one_by_one(simulator: Simulator) -> Sequence[Design]:
    """The default design, and for each parameter some values, the others at their defaults."""
    designs: list[Mapping[str, Any]] = [{}]
    for name, parameter in simulator.parameters.items():
        last = len(parameter.values) - 1
        positions = np.unique(np.linspace(0, last, _VALUES_TRIED).astype(int)).tolist()
        if not parameter.ordered:
            positions = list(range(last + 1))
        designs += [{name: parameter.values[position]} for position in positions]
    return designs


def _run(simulator: Simulator, designs: Sequence[Design], workload: Any) -> list[Outcome]:
    given = copy.deepcopy(list(designs))
    try:
        outcomes = simulator.evaluate(given, workload)
    except Exception as error:
        raise AssertionError(
            f"{simulator.name} raises {type(error).__name__} instead of returning a failure: "
            f"{error}"
        ) from error
    assert isinstance(outcomes, list), f"{simulator.name} returns no list of outcomes"
    assert len(outcomes) == len(designs), (
        f"{simulator.name} returns {len(outcomes)} outcomes for {len(designs)} designs"
    )
    assert given == list(designs), f"{simulator.name} changes the designs it is given"
    return outcomes
