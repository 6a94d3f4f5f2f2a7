"""Multi-agent PPO: a team with one critic, which sees what the whole team sees."""

from archgym.agents.ippo import IPPO


class MAPPO(IPPO):
    """The team of `ippo`, trained with a centralised critic in place of one per agent.

    Yu et al., "The Surprising Effectiveness of PPO in Cooperative Multi-Agent Games", NeurIPS 2022.

    The team's observation is the whole state here, and the reward everyone's, so all that differs
    is that one network learns to foresee it instead of one for each agent.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=40)
        >>> agents.make("mappo", problem.space, seed=0).search(problem)
        >>> problem.evaluations
        40
    """

    _has_one_critic = True
