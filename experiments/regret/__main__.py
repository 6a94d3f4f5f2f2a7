"""Writes what a study on tables says about regret; see `experiments.regret`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from matplotlib import rc_context

from archgym.study.trial import replace_text
from experiments.regret.page import analyse, markdown, picture
from experiments.regret.regrets import measure


def main(
    run: Annotated[Path, typer.Argument(help="The folder of a study on tables.")],
    out: Annotated[Path, typer.Argument(help="Folder for the results.")],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Regret",
) -> None:
    """Compares the agents of a study by their regret."""
    regrets = measure(run)
    analysis = analyse(regrets)
    out.mkdir(parents=True, exist_ok=True)
    replace_text(out / "results.json", json.dumps(analysis, indent=1) + "\n")
    command = f"python -m experiments.regret {run} {out}"
    replace_text(out / "results.md", markdown(regrets, analysis, title, command))
    with rc_context({"svg.hashsalt": "regret", "svg.fonttype": "none"}):
        picture(regrets).savefig(out / "regret.svg", metadata={"Date": None})
    typer.echo(f"written to {out}")


if __name__ == "__main__":
    typer.run(main)
