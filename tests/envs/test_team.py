"""Any way to share out the parameters gives every design, and each agent's own part."""

from hypothesis import given
from hypothesis import strategies as st

from archgym import make_space
from archgym.envs.team import Team

SPACE = make_space("archgym")


@st.composite
def groups(draw: st.DrawFn) -> dict[str, list[str]]:
    names = draw(st.permutations(list(SPACE.parameters)))
    sizes = draw(st.lists(st.integers(1, 4), max_size=4))
    shared: dict[str, list[str]] = {}
    for number, size in enumerate(sizes):
        if len(names) < size:
            break
        shared[f"group {number}"], names = names[:size], names[size:]
    return shared


@given(groups(), st.integers(0, 2**32))
def test_the_agents_actions_spell_every_design(groups: dict[str, list[str]], seed: int) -> None:
    team = Team(SPACE, groups)
    assert sorted(n for names in team.members.values() for n in names) == sorted(SPACE.parameters)
    actions = {}
    for agent in team.members:
        space = team.action_space(agent)
        space.seed(seed)
        actions[agent] = space.sample()
    design = team.design(actions)
    for agent, parameters in team.members.items():
        indices = [SPACE.parameters[name].index(design[name]) for name in parameters]
        assert indices == [actions[agent]] if len(indices) == 1 else indices == list(actions[agent])


@given(groups(), st.integers(0, SPACE.size - 1))
def test_without_an_agent_only_its_parameters_are_at_their_defaults(
    groups: dict[str, list[str]], number: int
) -> None:
    team = Team(SPACE, groups)
    indices = []
    for parameter in SPACE.parameters.values():
        number, index = divmod(number, len(parameter.values))
        indices.append(index)
    design = SPACE.decode(indices)
    for parameters, other in zip(team.members.values(), team.without_each(design), strict=True):
        for name in SPACE.parameters:
            assert other[name] == (SPACE.default if name in parameters else design)[name]
