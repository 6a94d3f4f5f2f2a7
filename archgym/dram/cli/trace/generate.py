"""`archgym trace generate`: a synthetic trace, written to a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from archgym.cli.output import AsJson, print_json, print_table
from archgym.errors import ArchgymError, unknown


def generate(
    name: Annotated[str, typer.Argument(help="A generator.")],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="OPTION=VALUE", help="Its options, e.g. requests=100000."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; its ending says the format.")
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of a format that counts in cycles.")
    ] = None,
    show_options: Annotated[
        bool, typer.Option("--options", help="Show the generator's options instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Generate a trace, e.g. `archgym trace generate gups requests=100000 seed=3 -o gups.csv`."""
    from archgym.dram.cli.trace.writing import report
    from archgym.traces import generators, workloads
    from archgym.traces.generators import GENERATORS

    if name in workloads.names():
        raise ArchgymError(f"{name} is a bundled workload, not a generator: take it by its name")
    if name not in GENERATORS:
        raise unknown("generator", name, GENERATORS)
    if show_options:
        _show_options(name, as_json)
        return
    trace = generators.generate(name, **_read_options(options or []))
    if out is None:
        raise ArchgymError("--out is missing: the file to write, e.g. -o trace.csv")
    report(trace, out, clock_mhz, as_json)


def _read_options(texts: Iterable[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for text in texts:
        option, equals, value = text.partition("=")
        if not equals:
            raise ArchgymError(f"expected an option such as requests=100000, found {text!r}")
        if option in options:
            raise ArchgymError(f"option {option} is given twice")
        options[option] = _value(value)
    return options


def _value(text: str) -> bool | int | float | str:
    """Reads a switch or a number; what is neither stays a text, for the generator to refuse."""
    if text in ("true", "false"):
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    # Not by way of the float, which has fewer digits; but 1e6 is a whole number too.
    try:
        return int(text)
    except ValueError:
        return int(number) if number.is_integer() else number


def _show_options(name: str, as_json: bool) -> None:
    from archgym.traces.generators import GENERATORS, MEANINGS

    options = GENERATORS[name].options
    if as_json:
        print_json(
            [
                {"name": option, "default": default, "description": MEANINGS[option]}
                for option, default in options.items()
            ]
        )
    else:
        rows = [
            (option, str(default).lower(), MEANINGS[option]) for option, default in options.items()
        ]
        print_table(("option", "default>", ""), rows)
