"""Hypothesis strategies that make small design spaces, for property tests that list them in full.

They need the package `hypothesis`.
"""

import itertools
from typing import Any

from hypothesis import strategies as st

from archgym.condition import Condition, NotBelow
from archgym.parameter import Parameter
from archgym.space import DesignSpace


@st.composite
def spaces(draw: st.DrawFn) -> DesignSpace:
    """Spaces of up to five parameters, with chains of conditions and rules."""
    parameters = []
    for position in range(draw(st.integers(1, 5))):
        length = draw(st.integers(1, 4))
        ordered = draw(st.booleans())
        values = range(length) if ordered else tuple("abcd"[:length])
        default = values[draw(st.integers(0, length - 1))]
        parameters.append(Parameter(f"p{position}", values, default, ordered))

    def condition(on: Parameter) -> Condition:
        chosen = tuple(draw(st.sets(st.sampled_from(list(on.values)))))
        return draw(st.sampled_from([Condition(on.name, chosen), Condition(on.name, None, chosen)]))

    active = {
        parameters[child].name: condition(parameters[draw(st.integers(0, child - 1))])
        for child in draw(st.permutations(range(1, len(parameters))))
        if draw(st.booleans())
    }
    infeasible: dict[Condition | NotBelow, str] = {
        Condition(p.name, one_of=(value,)): "ruled out"
        for p in parameters
        for value in p.values
        if value != p.default and draw(st.integers(0, 3)) == 0
    }
    infeasible |= {
        NotBelow(lower.name, upper.name): "ruled out"
        for lower, upper in itertools.permutations([p for p in parameters if p.ordered], 2)
        if lower.default < upper.default and draw(st.booleans())
    }
    return DesignSpace("random", parameters, active=active, infeasible=infeasible)


def every_design(space: DesignSpace) -> list[dict[str, Any]]:
    """Returns every point of a space, in full."""
    values = [parameter.values for parameter in space.parameters.values()]
    combinations = itertools.product(*values)
    return [dict(zip(space.parameters, each, strict=True)) for each in combinations]
