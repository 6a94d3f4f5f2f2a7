"""`archgym proxy`: models that stand in for a simulator."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.cli.output import AsJson, help_alone, print_json, print_table
from archgym.documents import parse_json
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.proxy import Proxy, Samples

app = typer.Typer(
    help="Train and use models that stand in for a simulator.",
    callback=help_alone,
    invoke_without_command=True,
)

Data = Annotated[list[Path], typer.Argument(help="Datasets, tables, results of studies, or logs.")]
Path_ = Annotated[Path, typer.Argument(metavar="PROXY", help="The proxy's file.")]
Space = Annotated[str | None, typer.Option(help="Which space, if the data are of several.")]


@app.command("train")
def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="The file to write, e.g. stream.proxy.")],
    model: Annotated[str, typer.Option(help="ridge, forest, lightgbm or mlp.")] = "mlp",
    metrics: Annotated[
        str | None, typer.Option(help="What to predict, e.g. latency_ns,...")
    ] = None,
    designs: Annotated[
        int | None, typer.Option(min=1, help="Use so many designs of each workload, at random.")
    ] = None,
    transfer: Annotated[
        bool | None,
        typer.Option(help="Also learn what to expect of other workloads; by default if it can."),
    ] = None,
    space: Space = None,
    seed: Annotated[int, typer.Option(min=0, help="The source of all randomness.")] = 0,
    effort: Annotated[float, typer.Option(help="How long to train, relative to what is usual.")] = (
        1.0
    ),
    as_json: AsJson = False,
) -> None:
    """Train a proxy on logged evaluations and say how good it is on designs held back."""
    import numpy as np

    from archgym import proxy
    from archgym.study.progress import bar

    samples = _samples(data, space)
    if designs is not None:
        samples = samples.draw(designs, np.random.default_rng(seed))
    wanted = metrics.split(",") if metrics else None
    plan = proxy.Plan(samples, model, wanted, transfer=transfer, seed=seed, effort=effort)
    with bar(plan.steps, 0, "steps") as advance:
        trained = plan.run({"data": [str(path) for path in data]}, lambda: advance(""))
    proxy.save(trained, out)
    found = {name: each.scores for name, each in trained.known.items()}
    if trained.transfer:
        found["other workloads"] = trained.transfer.scores
    if as_json:
        print_json({"out": str(out), "samples": len(samples), "scores": found})
        return
    typer.echo(f"{out}: {model}, {len(samples):,} samples; on designs held back:")
    _print_scores(found)


@app.command("eval")
def evaluate(
    path: Path_,
    data: Data,
    coverage: Annotated[float, typer.Option(help="How often intervals shall hold.")] = 0.9,
    space: Space = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw predictions over measurements, e.g. eval.png.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare predictions with measured designs that the proxy has never seen."""
    from archgym import proxy
    from archgym.proxy.evaluation import evaluate as score

    loaded = proxy.load(path)
    evaluation = score(loaded, _samples(data, space), coverage)
    if plot:
        from archgym.proxy.pictures import draw_predictions, write

        write(draw_predictions(evaluation), plot)
    if as_json:
        print_json(
            {
                "proxy": str(path),
                "seen_before": evaluation.seen_before,
                "workloads": {
                    each.workload: {
                        "designs": len(each.true),
                        "known": each.is_known,
                        "scores": each.scores,
                        "coverage": each.coverage,
                    }
                    for each in evaluation.parts
                },
            }
        )
        return
    typer.echo(f"{evaluation.seen_before:,} designs that the proxy has seen are left out")
    _print_scores(
        {each.workload: each.scores for each in evaluation.parts},
        {each.workload: dict(each.coverage) for each in evaluation.parts},
    )


@app.command("predict")
def predict(
    path: Path_,
    workload: Annotated[str, typer.Option(help="The id of a workload that the proxy knows.")],
    design: Annotated[list[str] | None, typer.Option(help="A design as JSON; repeatable.")] = None,
    coverage: Annotated[float, typer.Option(help="How often intervals shall hold.")] = 0.9,
    as_json: AsJson = False,
) -> None:
    """Predict metrics of designs, with the intervals that hold them."""
    import numpy as np

    from archgym import proxy

    loaded = proxy.load(path)
    bound = loaded.on(_full_id(loaded, workload))
    parsed = [_design(text) for text in design or ["{}"]]
    codes = np.array([loaded.coding.code(each) for each in parsed])
    found = bound.interval(codes, coverage)
    inside = loaded.is_inside(codes).tolist()
    records = [
        {
            "design": each,
            "seen_values": inside[row],
            "metrics": {
                metric: {
                    "value": float(found.values[row, column]),
                    "low": float(found.low[row, column]),
                    "high": float(found.high[row, column]),
                }
                for column, metric in enumerate(bound.metrics)
            },
        }
        for row, each in enumerate(parsed)
    ]
    if as_json:
        print_json(records)
        return
    for record in records:
        outside = "" if record["seen_values"] else "; not all of its values occurred in the data"
        typer.echo(f"{json.dumps(record['design'])}{outside}")
        rows = [
            (metric, *(f"{each[name]:,.6g}" for name in ("value", "low", "high")))
            for metric, each in record["metrics"].items()
        ]
        print_table(("metric", "value>", "low>", "high>"), rows)


@app.command("info")
def info(path: Path_, as_json: AsJson = False) -> None:
    """Show what a proxy is made of and how good it was on designs held back."""
    from archgym import proxy

    header = proxy.describe(path)
    if as_json:
        print_json(header)
        return
    about = header["provenance"]
    typer.echo(
        f"{header['kind']} of {header['simulator']}, space {header['space']['name']}, "
        f"{about['samples']:,} samples, data sha256 {about['data_sha256']}"
    )
    parts = dict(header["known"])
    if header["transfer"]:
        parts["other workloads"] = header["transfer"]
    _print_scores({name: each["scores"] for name, each in parts.items()})


def _samples(paths: list[Path], space: str | None) -> "Samples":
    from archgym import datasets

    parts = [datasets.load(path) for path in paths]
    whole = datasets.merge(parts) if len(parts) > 1 else parts[0]
    return whole.samples(space)


def _full_id(loaded: "Proxy", name: str) -> str:
    """Returns the id of a workload that is given by its id or its name alone."""
    matches = [known for known in loaded.known if known.partition("@")[0] == name]
    return matches[0] if len(matches) == 1 else name


def _design(text: str) -> Any:
    design = parse_json(text, "--design")
    if not isinstance(design, dict):
        raise ArchgymError(f"--design is a JSON object of parameters and values, not {text}")
    return design


def _print_scores(
    parts: dict[str, Any], coverage: dict[str, dict[str, float]] | None = None
) -> None:
    columns = ("rmse_percent", "rmse_per_deviation", "mape_percent", "r2", "spearman", "top_recall")
    heads = ("RMSE % of mean>", "RMSE / std>", "MAPE %>", "R2>", "Spearman>", "top 1 % found>")
    rows = []
    for workload, scores in parts.items():
        for metric, each in scores.items():
            row = [workload, metric, *(f"{each[name]:.4g}" for name in columns)]
            rows.append([*row, f"{coverage[workload][metric]:.1%}"] if coverage else row)
    print_table(("workload", "metric", *heads, *(("covered>",) if coverage else ())), rows)
