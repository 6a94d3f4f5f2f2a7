"""Devices, specs, designs and proxies with altered values: refused, or sound results."""

import copy
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulator import Failure
from archgym.simulators.native import Native
from archgym.study import Study
from archgym.testing import archives
from experiments.verify.cases import draw_design, draw_player, draw_trace
from experiments.verify.damage import PROXIES, kinds, predictions
from experiments.verify.legality import check_run
from experiments.verify.robustness import is_sound
from experiments.verify.watchdog import WrongError

_REQUESTS = 64
RUNS_A_DEVICE = 10
SPECS_A_CASE = 20
PROXIES_A_CASE = 20
_LONGEST_SENTENCE = 4000

_SPEC: dict[str, Any] = {
    "name": "altered",
    "space": "archgym",
    "simulator": "native",
    "device": "ddr4-2400",
    "budget": 20,
    "seeds": 2,
    "seed": 0,
    "objectives": ["latency", "power with runtime <= 1.05x"],
    "workloads": [
        "mixed",
        {"name": "stream", "requests": 100},
        {"name": "random", "requests": 50, "player": "closed", "max_outstanding": 4},
    ],
    "agents": {
        "random_search": {},
        "evolution": {"agent": "genetic_algorithm", "population": 8},
        "walk": {"agent": "random_walk", "budget": 10, "seeds": 1},
    },
}
_DESIGN: dict[str, Any] = {name: parameter.default for name, parameter in PARAMETERS.items()}

_WORDS: tuple[Any, ...] = (
    *(None, True, "", "x", "../x", "/x", "$\\frac{$", "[red]", "\x00", "é" * 300, "a\nb"),
    *(0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e-308, 1e308, float("inf"), float("nan")),
    *([], {}, [1, 2], {"a": 1}, [[[[1]]]]),
)


def check_devices(seed: int, case: int) -> Counter[str]:
    """Alters a device, and plays random designs and requests on it if it is accepted.

    Returns:
        How many runs ended how: `refused`, `simulated`, or a failure's kind.

    Raises:
        WrongError: An outcome is neither a failure nor finite metrics, or a command is not legal.
    """
    rng, numbers = Random(f"{seed} {case}"), np.random.default_rng([seed, case])
    bundled = Device.load(rng.choice(Device.names()))
    try:
        system = System(Device.from_dict(alter(bundled.data, rng), "device"))
    except ArchgymError as error:
        _check_sentence(error)
        return Counter(refused=RUNS_A_DEVICE)
    trace = draw_trace(numbers, system, _REQUESTS)
    workload = Workload(system, trace, draw_player(numbers))
    if system.device.standard not in STANDARDS:  # Another simulator may know it.
        (outcome,) = Native().evaluate([{}], workload)
        if not isinstance(outcome, Failure):
            raise WrongError(f"{system.device.standard} is simulated")
        return Counter({outcome.kind: RUNS_A_DEVICE})
    designs = [draw_design(numbers, system.device) for _ in range(RUNS_A_DEVICE)]
    outcomes = Native().evaluate(designs, workload)
    for design, outcome in zip(designs, outcomes, strict=True):
        if not is_sound(outcome):
            raise WrongError(f"{design}\non {system.device.data} gave\n{outcome}")
    if not any(isinstance(outcome, Failure) for outcome in outcomes):
        check_run(workload, designs[0])
    return Counter(each.kind if isinstance(each, Failure) else "simulated" for each in outcomes)


def check_documents(seed: int, case: int) -> Counter[str]:
    """Alters a study's specification, and a design.

    Returns:
        How many were `refused` or `accepted`.

    Raises:
        WrongError: What was accepted is not the same after it was written and read, or would name
            files outside of the study's folder.
    """
    rng = Random(f"{seed} {case}")
    outcomes: Counter[str] = Counter()
    for _ in range(SPECS_A_CASE):
        try:
            _check_study(Study.from_mapping(alter(_SPEC, rng), "spec"))
            outcomes["accepted"] += 1
        except ArchgymError as error:
            _check_sentence(error)
            outcomes["refused"] += 1
        (outcome,) = Native().evaluate([alter(_DESIGN, rng)], _workload())
        if not is_sound(outcome):
            raise WrongError(f"a design gave {outcome}")
        outcomes["refused" if isinstance(outcome, Failure) else "accepted"] += 1
    return outcomes


def check_proxies(seed: int, case: int) -> Counter[str]:
    """Alters proxies, makes their digests right again, and predicts by them if they are accepted.

    Returns:
        How many were `refused` or `accepted`.

    Raises:
        WrongError: A prediction is not finite.
    """
    rng = np.random.default_rng([seed, case])
    outcomes: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for _ in range(PROXIES_A_CASE):
            good = kinds()[str(rng.choice(PROXIES))].path
            try:
                predicted = predictions(archives.alter(good, Path(folder, "altered"), rng))
            except ArchgymError as error:
                _check_sentence(error)
                outcomes["refused"] += 1
                continue
            if not all(np.isfinite(each).all() for each in predicted.values()):
                raise WrongError("a prediction is not finite")
            outcomes["accepted"] += 1
    return outcomes


def alter(document: Any, rng: Random) -> Any:
    """Returns a copy of a JSON document with one to three of its values altered."""
    altered = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 2, 3))):
        parent, key = rng.choice(list(_places(altered)))
        value = parent[key]
        if rng.random() < 0.1:
            del parent[key]
        elif isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.8:
            parent[key] = _other_number(value, rng)
        else:
            parent[key] = copy.deepcopy(rng.choice(_WORDS))
        if not altered:
            return altered
    return altered


def _other_number(value: float, rng: Random) -> float:
    scaled = value * rng.choice((0, 0.5, 0.9, 1.1, 2, 3, 10, 1000, 1e6, -1))
    number = round(scaled) if isinstance(value, int) else scaled
    return number + rng.choice((0, 0, 0, 1, -1)) if isinstance(value, int) else number


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yields where values are: the object or list, and the key."""
    if isinstance(document, dict):
        keys: Iterator[Any] = iter(list(document))
    elif isinstance(document, list):
        keys = iter(range(len(document)))
    else:
        return
    for key in keys:
        yield document, key
        yield from _places(document[key])


def _check_study(study: Study) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "spec.toml")
        path.write_text(study.to_toml(), encoding="utf-8")
        # Not by `==`, for which not even NaN is the same as itself.
        if repr(Study.parse(path)) != repr(study):
            raise WrongError(f"{study} is another study after it was written and read")
    names = [trial.name for trial in study.trials]
    if len(set(names)) < len(names):
        raise WrongError(f"trials of {study} share a name")
    for name in names:
        if "/" in name or "\0" in name or name.startswith(".") or len(name.encode()) > 240:
            raise WrongError(f"trial {name!r} can't name a file")


def _check_sentence(error: ArchgymError) -> None:
    if "\n" in str(error) or len(str(error)) > _LONGEST_SENTENCE:
        raise WrongError(f"not one sentence: {error}") from error


@cache
def _workload() -> Workload:
    return Workload.load("mixed", requests=_REQUESTS)
