"""Reads the texts of objectives; the package's docstring has the grammar."""

import re
from decimal import Decimal, InvalidOperation

from archgym.errors import ArchgymError, unknown
from archgym.objectives.costs import ARCHGYM, AtTarget, Least, Limit, Limited, Objective
from archgym.objectives.terms import COSTS, KNOWN, TERMS, UNITS

_LIMITED = {
    "power with runtime <= 1.05x": (
        "least power of designs that take at most 1.05 times the default design's runtime"
    ),
    "power with latency_p99 <= 200ns": (
        "a limit with a unit: ns, us, ms or s; nJ, uJ, mJ or J; nJ ns; mW or W; MB/s or GB/s"
    ),
    "power with bandwidth >= 0.9x": "bandwidth can only be limited, from below",
    "latency with queue_entries <= 64": "a count has no unit",
    "energy with runtime <= 1.02x and power <= 2500mW and queue_entries <= 64": (
        "several limits, joined by 'and'"
    ),
    "latency <= 200ns, then power": "another way to write 'power with latency <= 200ns'",
}

_THEN = re.compile(r"(.+?) ?, ?then (\S+)")
_WITH = re.compile(r"(\S+) with (.+)")
_LIMIT = re.compile(r"([^\s<>=]+) ?(<=|>=) ?(.+)")
_AND = re.compile(r"(?:^| )and(?= |$)")
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?) ?(.*)")

# What people write, in other cases too -> what the grammar has.
_WORDS = {
    word.casefold(): word
    for word in [
        *("with", "and", "then", "x", "archgym", *ARCHGYM, *KNOWN),
        *(word for units in UNITS.values() for unit in units for word in unit.split()),
    ]
}
_SIGNS = {
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "u",
}


def make(text: str) -> Objective:
    """Makes an objective from its text; the package's docstring has the grammar.

    Raises:
        ArchgymError: The text is not an objective.
    """
    text = " ".join(text.split())
    try:
        return _read(text)
    except ArchgymError:
        usual = _as_usual(text)
        if usual == text or not _is_objective(usual):
            raise
    raise ArchgymError(f"unknown objective {text!r}; did you mean {usual!r}?")


def _read(text: str) -> Objective:
    if text.startswith("archgym-"):
        return _at_target(text)
    if match := _THEN.fullmatch(text):
        limits, least = match.groups()
    elif match := _WITH.fullmatch(text):
        least, limits = match.groups()
    else:
        return _least(text)
    return _limited(text, least, _limits(text, limits))


def _as_usual(text: str) -> str:
    """Returns a text with the signs and words of the grammar, for what differs in those alone."""
    for sign, ours in _SIGNS.items():
        text = text.replace(sign, ours)
    text = re.sub(r"[A-Za-z][\w/]*", lambda word: _WORDS.get(word[0].casefold(), word[0]), text)
    text = re.sub(r",?( and)+,?$", "", text)
    text = re.sub(r" ?, ?(and )?(?! ?then)", " and ", text)
    return re.sub(r"(?<!,) then ", ", then ", text)


def _is_objective(text: str) -> bool:
    try:
        _read(text)
    except ArchgymError:
        return False
    return True


def examples() -> dict[str, str]:
    """Returns one text of every kind of objective, and what each means."""
    simple = {
        name: f"least {term.description} ({term.unit})"
        for name, term in TERMS.items()
        if name not in ("power", "bandwidth")
    }
    papers = {
        f"archgym-{form}": "formula of the ArchGym paper, best at a target; by default at "
        + " and ".join(f"{metric} = {target:g}" for metric, target in targets)
        for form, targets in ARCHGYM.items()
    }
    return simple | _LIMITED | papers


def names() -> list[str]:
    """Returns one text of every kind of objective, for lists and messages."""
    return list(examples())


def respell(text: str) -> str:
    """Returns the text of an objective as it is written today.

    Results from before limits had units have a bare number in its place: a multiple of the default
    design's behind `with`, and a value in the term's unit before `then`.
    """
    text = " ".join(text.split())
    bare = r"(\w+) ?<= ?([0-9.]+(?:[eE][+-]?[0-9]+)?)"
    if match := re.fullmatch(rf"(\w+) with {bare}", text):
        least, limited, number = match.groups()
        return f"{least} with {limited} <= {number}{'x' if limited in TERMS else ''}"
    if match := re.fullmatch(rf"{bare} ?, ?then (\w+)", text):
        limited, number, least = match.groups()
        unit = KNOWN[limited].unit if limited in KNOWN else ""
        return f"{limited} <= {number}{unit}, then {least}"
    return text


def _least(text: str) -> Least:
    if "<" in text or ">" in text:
        terms = [limit.term for limit in _limits(text, text)]
        least = next(name for name in ("power", "runtime", "latency") if name not in terms)
        raise ArchgymError(
            f"objective {text!r} says nothing to minimise; write '{least} with {text}', say"
        )
    if text not in KNOWN:
        raise unknown("objective", text, names())
    _check_alone(text, text, [])
    return Least(text)


def _limited(text: str, least: str, limits: list[Limit]) -> Limited:
    if least not in KNOWN:
        raise unknown(f"term of objective {text!r}:", least, KNOWN)
    terms = [limit.term for limit in limits]
    if least in terms:
        raise ArchgymError(f"objective {text!r} limits the very term it minimises")
    for name in terms:
        if terms.count(name) > 1:
            raise ArchgymError(f"objective {text!r} limits {name} twice")
    _check_alone(text, least, terms)
    return Limited(least, tuple(limits))


def _check_alone(text: str, least: str, limited: list[str]) -> None:
    """Refuses to minimise what a useless controller has the least of."""
    if not KNOWN[least].lower_is_better:
        raise ArchgymError(
            f"objective {text!r}: more {least} is better, so it can only be limited, as in "
            f"'power with {least} >= 0.9x'; minimise runtime instead"
        )
    if any(KNOWN[name].shows_slowness for name in limited):
        return
    if least == "power":
        raise ArchgymError(
            f"objective {text!r} rewards slowness; limit what slow designs have more of, "
            "e.g. 'power with runtime <= 1.05x'"
        )
    if least in COSTS:
        raise ArchgymError(
            f"objective {text!r} rewards the smallest controller, however slow; limit what slow "
            f"designs have more of, e.g. '{least} with latency <= 1.05x'"
        )


def _limits(text: str, limits: str) -> list[Limit]:
    return [_limit(text, limit.strip()) for limit in _AND.split(limits)]


def _limit(text: str, part: str) -> Limit:
    """Reads a limit; `text` is the whole objective, for messages."""
    if not part:
        raise ArchgymError(f"objective {text!r}: 'and' joins two limits")
    if not (match := _LIMIT.fullmatch(part)):
        raise ArchgymError(
            f"objective {text!r}: {part!r} is no limit; write one like 'runtime <= 1.05x', and "
            "'and' between several"
        )
    name, sign, quantity = match.groups()
    if name not in KNOWN:
        raise unknown(f"term of objective {text!r}:", name, KNOWN)
    term = KNOWN[name]
    right = "<=" if term.lower_is_better else ">="
    if sign != right:
        better = "less" if term.lower_is_better else "more"
        raise ArchgymError(
            f"objective {text!r}: {better} {name} is better; write '{name} {right} {quantity}'"
        )
    if not (match := _QUANTITY.fullmatch(quantity)):
        raise _not_positive(text, quantity)
    digits, unit = match.groups()
    units = UNITS[term.unit]
    if unit and not units:
        raise ArchgymError(
            f"objective {text!r}: {name} is a count; write '{name} {right} {digits}'"
        )
    if units and not unit:
        bare = f"{name} {right} {digits}"
        relative = f"'{bare}x' for a multiple of the default design's"
        absolute = f"'{bare}{term.unit}'"
        # Factors are near 1, values in the terms' units hardly ever.
        ways = (relative, absolute) if 0.1 < _positive(text, digits) < 10 else (absolute, relative)
        raise ArchgymError(f"objective {text!r}: {bare} has no unit; write {', or '.join(ways)}")
    if unit and unit not in ("x", *units):
        raise unknown(f"unit of {name} in objective {text!r}:", unit, ["x", *units])
    return Limit(name, _positive(text, digits, units.get(unit, "1")), relative=unit == "x")


def _at_target(text: str) -> AtTarget:
    head, *numbers = text.split()
    form = head.removeprefix("archgym-")
    if form not in ARCHGYM:
        raise unknown("objective", text, names())
    defaults = [target for _, target in ARCHGYM[form]]
    if numbers and len(numbers) != len(defaults):
        raise ArchgymError(f"objective {text!r} takes {len(defaults)} target(s) or none")
    given = [_positive(text, number) for number in numbers]
    return AtTarget(form, tuple(given or defaults))


def _positive(text: str, digits: str, unit: str = "1") -> float:
    """Returns a number times a unit, the nearest float to the decimal product."""
    try:
        value = float(Decimal(digits) * Decimal(unit))
    except (InvalidOperation, OverflowError):
        raise _not_positive(text, digits) from None
    if not 0 < value < float("inf"):
        raise _not_positive(text, digits)
    return value


def _not_positive(text: str, number: str) -> ArchgymError:
    return ArchgymError(f"objective {text!r} needs a positive number, not {number!r}")
