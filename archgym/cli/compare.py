"""`archgym compare`: a study given by options."""

import hashlib
from dataclasses import replace
from typing import Annotated, Any

import typer

from archgym.cli.executors import Address, ExecutorName, Workers, opened_executor
from archgym.cli.options import DomainOptions, options, own_options
from archgym.cli.output import AsJson, print_notes
from archgym.cli.run import Out, run_study


@options(own=own_options())
def compare(
    agents: Annotated[str, typer.Option(help="Agents, separated by commas.")],
    workloads: Annotated[str, typer.Option(help="Workloads, separated by commas.")],
    chosen: DomainOptions,
    own: Any,
    objective: Annotated[list[str] | None, typer.Option(help="What to minimise: runtime.")] = None,
    space: Annotated[str | None, typer.Option(help="The design space.")] = None,
    simulator: Annotated[str | None, typer.Option(help="What simulates the designs.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Evaluations per trial.")] = 100,
    seeds: Annotated[int, typer.Option(min=1, help="Trials per agent and problem.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="From which the trials' seeds derive.")] = 0,
    out: Out = None,
    workers: Workers = None,
    executor: ExecutorName = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Compare agents on workloads, print who won and write a page."""
    from archgym.study import Study
    from archgym.study.spec import workload_document

    specified, notes = chosen.specify(own, workloads.split(","))
    names = {"space": space, "simulator": simulator, "objectives": objective}
    study = Study.parse_mapping(
        {
            "agents": {agent.strip(): {} for agent in agents.split(",")},
            "workloads": [workload_document(workload) for workload in specified],
            **{key: value for key, value in names.items() if value},
            "domain": chosen.domain,
            **chosen.settings(own),
            "budget": budget,
            "seeds": seeds,
            "seed": seed,
        },
        source="compare",
    )
    print_notes(notes)
    inputs = study.check("compare")
    # Named after its content, so that other options, or files that have changed, never meet these
    # results by default.
    digest = hashlib.sha256(f"{study.to_toml()}{inputs.sha256}".encode()).hexdigest()
    study = replace(study, name=f"compare-{digest[:8]}")
    with opened_executor(executor, workers, address) as runs:
        run_study(study, inputs, out, runs, as_json)
