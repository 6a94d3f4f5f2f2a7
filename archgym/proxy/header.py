"""What a proxy's file says of itself, checked before anything is made of it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from archgym.errors import ArchgymError
from archgym.proxy.coding import LIMIT
from archgym.proxy.conformal import COVERAGES
from archgym.proxy.scores import SCORES
from archgym.proxy.targets import LEVELS

MOST_METRICS = 256
"""The most metrics of a proxy; there are a few dozen in all."""

FARTHEST_LOGARITHM = 300.0
"""The largest logarithm of a metric, far beyond any, yet its multiples by an anchor are finite."""

LARGEST = 1e100
"""The largest of other numbers, for the same reason."""

_SCALES = ("log", "linear", "constant")


MOST_PARAMETERS = 1000
"""The most parameters of its space."""


def check(header: Mapping[str, Any]) -> None:
    """Checks a header; of its space only the size, before it is made.

    Raises:
        ArchgymError: A key is missing or its value is not what it should be; the sentence begins
            with the key.
    """
    _text(header, "kind")
    _text(header, "simulator")
    metrics = _of(header, "metrics", list)
    _expect(
        0 < len(metrics) <= MOST_METRICS
        and _are_texts(metrics)
        and len(set(metrics)) == len(metrics),
        "metrics",
        f"a list of 1 to {MOST_METRICS} names",
    )
    _each("space", header.get("space"), _check_size)
    workloads = _of(header, "workloads", dict)
    for name, facts in workloads.items():
        _each(f"workload {name}", facts, _check_facts)
    known = _of(header, "known", dict)
    _expect(known.keys() <= workloads.keys(), "known", "about the workloads")
    for name, predictor in known.items():
        _each(f"known {name}", predictor, lambda each: _check_predictor(each, metrics))
    transfer, context = header.get("transfer"), header.get("context")
    if transfer is not None:
        _each("transfer", transfer, lambda each: _check_predictor(each, metrics))
        _each("context", context, lambda each: _check_context(each, workloads.values()))
        missing = [name for each in workloads.values() for name in metrics
                   if name not in each["anchor"]]  # fmt: skip
        _expect(not missing, "workloads", "anchors of all metrics, where there is a transfer")
    else:
        _expect(context is None, "context", "null where there is no transfer")
    provenance = _of(header, "provenance", dict)
    _expect(_is_count(provenance.get("samples")), "provenance.samples", "a number of samples")
    _text(provenance, "data_sha256")
    if "domain" in provenance:
        _text(provenance, "domain")


def check_seen(seen: Any, lengths: Mapping[str, int]) -> None:
    """Checks which values of each parameter are said to have occurred.

    Args:
        seen: As the header has it.
        lengths: The number of values of each parameter of the space.

    Raises:
        ArchgymError: It is not about these parameters and values.
    """
    _expect(isinstance(seen, dict) and seen.keys() == lengths.keys(), "seen", "all parameters")
    for name, positions in seen.items():
        _expect(
            isinstance(positions, list)
            and all(_is_count(each) and each < lengths[name] for each in positions),
            f"seen.{name}",
            f"positions among {lengths[name]} values",
        )


def _check_size(space: Mapping[str, Any]) -> None:
    _text(space, "name")
    parameters = _of(space, "parameters", list)
    _expect(len(parameters) <= MOST_PARAMETERS, "parameters", f"at most {MOST_PARAMETERS}")
    for each in parameters:
        values = each.get("values") if isinstance(each, dict) else None
        if isinstance(values, dict):
            start, stop, step = (values.get(name) for name in ("start", "stop", "step"))
            _expect(
                isinstance(start, int)
                and isinstance(stop, int)
                and isinstance(step, int)
                and step != 0
                and abs(stop - start) <= LIMIT * abs(step),
                "values",
                f"a range of at most {LIMIT:,} integers",
            )


def _check_facts(facts: Mapping[str, Any]) -> None:
    anchor = _of(facts, "anchor", dict)
    _expect(_are_numbers(anchor.values()), "anchor", "one number per metric")
    _expect(_are_numbers(_of(facts, "features", list)), "features", "numbers")
    _text(facts, "system")


def _check_context(context: Mapping[str, Any], facts: Sequence[Mapping[str, Any]]) -> None:
    metrics = _of(context, "metrics", list)
    _expect(_are_texts(metrics), "metrics", "names")
    mean, deviation = _of(context, "mean", list), _of(context, "deviation", list)
    for each in facts:
        _expect(
            all(each["anchor"].get(name, 0) > 0 for name in metrics),
            "metrics",
            "metrics of which every workload has an anchor above 0",
        )
        length = len(each["features"]) + len(metrics)
        _expect(
            len(mean) == len(deviation) == length,
            "mean, deviation",
            f"{length} numbers each, as there are features and metrics",
        )
    _expect(_are_numbers(mean), "mean", "numbers")
    known = [each for each in deviation if each is not None]
    _expect(
        _are_numbers(known) and all(each > 0 for each in known),
        "deviation",
        "numbers above 0 or null",
    )


def _check_predictor(predictor: Mapping[str, Any], metrics: Sequence[str]) -> None:
    _text(predictor, "folder")
    targets, margins = _of(predictor, "targets", list), _of(predictor, "margins", list)
    _expect(len(targets) == len(metrics), "targets", f"{len(metrics)}, one for each metric")
    _expect(len(margins) == len(metrics), "margins", f"{len(metrics)}, one for each metric")
    for metric, target, margin in zip(metrics, targets, margins, strict=True):
        _each(f"target of {metric}", target, _check_target)
        _expect(target.get("metric") == metric, "targets", "in the order of the metrics")
        most = LARGEST if target["scale"] != "log" else 2 * FARTHEST_LOGARITHM / target["deviation"]
        _each(f"margins of {metric}", margin, partial(_check_margins, most=most))
    scores = _of(predictor, "scores", dict)
    for metric, each in scores.items():
        _expect(
            isinstance(each, dict) and all(_is_score(each.get(name)) for name in SCORES),
            f"scores of {metric}",
            f"the numbers {', '.join(SCORES)}",
        )
    _expect(_is_count(predictor.get("designs")), "designs", "a number of designs")


def _check_target(target: Mapping[str, Any]) -> None:
    _expect(target.get("scale") in _SCALES, "scale", " or ".join(_SCALES))
    numbers = [target.get(name) for name in ("mean", "deviation", "low", "high")]
    _expect(_are_numbers(numbers), "mean, deviation, low, high", "numbers")
    mean, deviation, low, high = map(float, numbers)  # type: ignore[arg-type]
    _expect(deviation >= 1 / LARGEST, "deviation", "above 0")
    _expect(low <= high, "low", "at most high")
    if target["scale"] == "log":
        _expect(
            abs(mean) + deviation * max(abs(low), abs(high), 1.0) <= FARTHEST_LOGARITHM,
            "mean, deviation, low, high",
            f"such that no metric's logarithm is beyond {FARTHEST_LOGARITHM:g}",
        )
    levels = _of(target, "levels", list)
    _expect(
        len(levels) <= LEVELS and _are_numbers(levels) and _ascend(levels),
        "levels",
        f"at most {LEVELS} numbers in ascending order",
    )
    _expect(
        target["scale"] != "log" or all(each > 0 for each in levels),
        "levels",
        "above 0, as all are",
    )


def _check_margins(margins: Mapping[str, Any], most: float) -> None:
    edges, widths = _of(margins, "edges", list), _of(margins, "widths", dict)
    _expect(
        _are_numbers(edges) and _ascend(edges),
        "edges",
        "numbers in ascending order",
    )
    _expect(widths.keys() == {str(each) for each in COVERAGES}, "widths", "all coverages")
    for coverage, each in widths.items():
        found = [width for width in each if width is not None] if isinstance(each, list) else []
        _expect(
            isinstance(each, list)
            and len(each) == len(edges) + 1
            and _are_numbers(found)
            and all(0 <= width <= most for width in found),
            f"widths.{coverage}",
            f"a width from 0 to {most:g}, or null, for each part between edges",
        )


def _each(name: str, document: Any, check_: Callable[[Mapping[str, Any]], None]) -> None:
    """Checks a part, whose name goes before the keys in it."""
    _expect(isinstance(document, dict), name, "an object")
    try:
        check_(document)
    except ArchgymError as error:
        raise ArchgymError(f"{name}: {error}") from None


def _of(document: Mapping[str, Any], key: str, kind: type) -> Any:
    names: dict[type, str] = {list: "a list", dict: "an object", str: "text"}
    _expect(isinstance(document.get(key), kind), key, names[kind])
    return document[key]


def _text(document: Mapping[str, Any], key: str) -> None:
    _of(document, key, str)


def _are_texts(values: Any) -> bool:
    return all(isinstance(each, str) for each in values)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _are_numbers(values: Any) -> bool:
    return all(
        isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= LARGEST
        for each in values
    )


def _ascend(numbers: Sequence[float]) -> bool:
    return all(one < other for one, other in pairwise(numbers))


def _is_score(value: Any) -> bool:
    """Tells whether a value is a number; infinite errors and undefined ones are."""
    return isinstance(value, float) or _are_numbers([value])


def _expect(holds: bool, key: str, expected: str) -> None:
    if not holds:
        raise ArchgymError(f"{key} must be {expected}")
