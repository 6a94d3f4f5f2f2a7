"""Reads the texts of objectives; the package's docstring has the grammar."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from archgym.errors import ArchgymError, unknown
from archgym.objectives.costs import Least, Limit, Limited, Objective
from archgym.objectives.terms import Term, units
from archgym.objectives.vocabulary import Vocabulary

_THEN = re.compile(r"(.+?) ?, ?then (\S+)")
_WITH = re.compile(r"(\S+) with (.+)")
_LIMIT = re.compile(r"([^\s<>=]+) ?(<=|>=) ?(.+)")
_AND = re.compile(r"(?:^| )and(?= |$)")
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?) ?(.*)")

_SIGNS = {
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "u",
}


def read(text: str, vocabulary: Vocabulary) -> Objective:
    """Makes an objective from its text; the package's docstring has the grammar.

    Args:
        text: The text.
        vocabulary: The words that it can have.

    Raises:
        ArchgymError: The text is not an objective.
    """
    text = " ".join(text.split())
    reader = _Reader(vocabulary, text)
    try:
        return reader.objective()
    except ArchgymError:
        usual = _as_usual(text, vocabulary)
        if usual == text or not _is_objective(usual, vocabulary):
            raise
    raise ArchgymError(f"unknown objective {text!r}; did you mean {usual!r}?")


def respell(text: str, vocabulary: Vocabulary) -> str:
    """Returns the text of an objective as it is written today.

    Results from before limits had units have a bare number in its place: a multiple of the default
    design's behind `with`, and a value in the term's unit before `then`.
    """
    text = " ".join(text.split())
    terms = vocabulary.terms
    bare = r"(\w+) ?<= ?([0-9.]+(?:[eE][+-]?[0-9]+)?)"
    if match := re.fullmatch(rf"(\w+) with {bare}", text):
        least, limited, number = match.groups()
        factor = "x" if limited in terms and not terms[limited].is_absolute else ""
        return f"{least} with {limited} <= {number}{factor}"
    if match := re.fullmatch(rf"{bare} ?, ?then (\w+)", text):
        limited, number, least = match.groups()
        unit = terms[limited].unit if limited in terms else ""
        return f"{limited} <= {number}{unit}, then {least}"
    return text


def positive(text: str, digits: str, unit: str = "1") -> float:
    """Returns a number times a unit, the nearest float to the decimal product.

    Args:
        text: The objective that it is part of, for messages.
        digits: The number.
        unit: What it is to be multiplied by.

    Raises:
        ArchgymError: It is no positive number.
    """
    try:
        value = float(Decimal(digits) * Decimal(unit))
    except (InvalidOperation, OverflowError):
        raise _not_positive(text, digits) from None
    if not 0 < value < float("inf"):
        raise _not_positive(text, digits)
    return value


def _not_positive(text: str, number: str) -> ArchgymError:
    return ArchgymError(f"objective {text!r} needs a positive number, not {number!r}")


def _as_usual(text: str, vocabulary: Vocabulary) -> str:
    """Returns a text with the signs and words of the grammar, for what differs in those alone."""
    written = [
        *("with", "and", "then", "x", *vocabulary.formulas, *vocabulary.terms),
        *(unit for term in vocabulary.terms.values() for unit in units(term.unit)),
    ]
    words = {word.casefold(): word for words in written for word in re.split("[ -]", words)}
    for sign, ours in _SIGNS.items():
        text = text.replace(sign, ours)
    text = re.sub(r"[A-Za-z][\w/]*", lambda word: words.get(word[0].casefold(), word[0]), text)
    text = re.sub(r",?( and)+,?$", "", text)
    text = re.sub(r" ?, ?(and )?(?! ?then)", " and ", text)
    return re.sub(r"(?<!,) then ", ", then ", text)


def _is_objective(text: str, vocabulary: Vocabulary) -> bool:
    try:
        _Reader(vocabulary, text).objective()
    except ArchgymError:
        return False
    return True


@dataclass(frozen=True)
class _Reader:
    """Reads one text."""

    vocabulary: Vocabulary
    text: str

    def objective(self) -> Objective:
        text = self.text
        if formula := self.vocabulary.formulas.get(text.partition(" ")[0]):
            return formula.read(text)
        if match := _THEN.fullmatch(text):
            limits, least = match.groups()
        elif match := _WITH.fullmatch(text):
            least, limits = match.groups()
        else:
            return self._least()
        return self._limited(least, self._limits(limits))

    def _least(self) -> Least:
        text, terms = self.text, self.vocabulary.terms
        if "<" in text or ">" in text:
            limited = [limit.term for limit in self._limits(text)]
            others = [
                term for term in terms.values() if term.lower_is_better and term not in limited
            ]
            # What needs such limits, rather than what could be minimised without any.
            least = max(others, key=lambda term: bool(term.rewards) and not term.is_absolute).name
            raise ArchgymError(
                f"objective {text!r} says nothing to minimise; write '{least} with {text}', say"
            )
        if text not in terms:
            raise unknown("objective", text, self.vocabulary.names())
        self._check_alone(terms[text], [])
        return Least(terms[text])

    def _limited(self, name: str, limits: list[Limit]) -> Limited:
        text, terms = self.text, self.vocabulary.terms
        if name not in terms:
            raise unknown(f"term of objective {text!r}:", name, terms)
        least = terms[name]
        limited = [limit.term for limit in limits]
        if least in limited:
            raise ArchgymError(f"objective {text!r} limits the very term it minimises")
        for term in limited:
            if limited.count(term) > 1:
                raise ArchgymError(f"objective {text!r} limits {term.name} twice")
        self._check_alone(least, limited)
        return Limited(least, tuple(limits))

    def _check_alone(self, least: Term, limited: list[Term]) -> None:
        """Refuses to minimise what a useless design has the least of."""
        text = self.text
        # The first term that can be minimised by itself, and shows what slow designs have more of.
        slow = next(
            (
                term.name
                for term in self.vocabulary.terms.values()
                if term.shows_slowness and term.lower_is_better and not term.rewards
            ),
            "",
        )
        if not least.lower_is_better:
            raise ArchgymError(
                f"objective {text!r}: more {least.name} is better, so it can only be limited, as "
                f"in '{slow} with {least.name} >= 0.9x'"
            )
        if least.rewards and not any(term.shows_slowness for term in limited):
            raise ArchgymError(
                f"objective {text!r} rewards {least.rewards}; limit what slow designs have more "
                f"of, e.g. '{least.name} with {slow} <= 1.05x'"
            )

    def _limits(self, limits: str) -> list[Limit]:
        return [self._limit(limit.strip()) for limit in _AND.split(limits)]

    def _limit(self, part: str) -> Limit:
        text, terms = self.text, self.vocabulary.terms
        if not part:
            raise ArchgymError(f"objective {text!r}: 'and' joins two limits")
        if not (match := _LIMIT.fullmatch(part)):
            raise ArchgymError(
                f"objective {text!r}: {part!r} is no limit; write one like "
                f"'{next(iter(terms))} <= 1.05x', and 'and' between several"
            )
        name, sign, quantity = match.groups()
        if name not in terms:
            raise unknown(f"term of objective {text!r}:", name, terms)
        term = terms[name]
        right = "<=" if term.lower_is_better else ">="
        if sign != right:
            better = "less" if term.lower_is_better else "more"
            raise ArchgymError(
                f"objective {text!r}: {better} {name} is better; write '{name} {right} {quantity}'"
            )
        if not (match := _QUANTITY.fullmatch(quantity)):
            raise _not_positive(text, quantity)
        digits, unit = match.groups()
        multiples = units(term.unit)
        if term.is_absolute and unit and not multiples:
            raise ArchgymError(
                f"objective {text!r}: {name} is a count; write '{name} {right} {digits}'"
            )
        if not unit and not (term.is_absolute and not multiples):
            raise self._without_unit(term, f"{name} {right} {digits}", digits)
        choice = (["x"] if not term.is_absolute else []) + list(multiples)
        if unit and unit not in choice:
            raise unknown(f"unit of {name} in objective {text!r}:", unit, choice)
        return Limit(term, positive(text, digits, multiples.get(unit, "1")), relative=unit == "x")

    def _without_unit(self, term: Term, bare: str, digits: str) -> ArchgymError:
        """Says what a limit without a unit could mean."""
        relative = f"'{bare}x' for a multiple of the default design's"
        absolute = f"'{bare}{term.unit}'"
        # Factors are near 1, values in the terms' units hardly ever.
        near = 0.1 < positive(self.text, digits) < 10
        ways = (relative, absolute) if near else (absolute, relative)
        if not term.unit:
            ways = (relative,)  # type: ignore[assignment]
        return ArchgymError(
            f"objective {self.text!r}: {bare} has no unit; write {', or '.join(ways)}"
        )
