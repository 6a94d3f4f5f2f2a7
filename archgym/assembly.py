"""Puts a problem together from names: the one place where they are looked up."""

from archgym import domain as domains
from archgym.domain import Domain, Platform
from archgym.evaluation_log import Journal
from archgym.objectives import Objective
from archgym.problem import Problem
from archgym.simulator import Simulator
from archgym.space import DesignSpace
from archgym.workload import Workload


def assemble(
    workload: str | Workload | None = None,
    space: str | DesignSpace | None = None,
    objective: str | Objective | None = None,
    simulator: str | Simulator | None = None,
    *,
    domain: str | Domain = domains.DEFAULT,
    platform: Platform | None = None,
    budget: int | None = None,
    journal: Journal | None = None,
    kind: type[Problem] = Problem,
    **options: object,
) -> Problem:
    """Makes a problem of names, or of objects in their place.

    Args:
        workload: A workload or its name; by default the domain's, as for all that follow.
        space: A space or its name.
        objective: An objective or its text.
        simulator: A simulator or its name.
        domain: The domain or its name.
        platform: What named workloads and spaces are for; by default the one of the
            domain's options, or of a ready workload.
        budget: How many designs may be evaluated; `None` for any number.
        journal: Where to log every evaluation; `None` for nowhere.
        kind: A class derived from `Problem`, to make one of it.
        options: Those of the domain, such as `device`, if no platform is given.

    Raises:
        ArchgymError: A name is not known, or things do not fit together.
    """
    domain = domains.load(domain) if isinstance(domain, str) else domain
    if platform is None:
        by_name = options or workload is None or isinstance(workload, str)
        platform = domain.platform(options) if by_name else domain.platform_of(workload)
    workload = domain.defaults.workload if workload is None else workload
    if isinstance(workload, str):
        workload = platform.workload(workload, {})
    space = domain.defaults.space if space is None else space
    if isinstance(space, str):
        space = platform.space(space)
    return kind(
        space, workload, objective, simulator, domain=domain, budget=budget, journal=journal
    )
