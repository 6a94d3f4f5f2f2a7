"""The few forms of Markdown that the pages consist of."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; a heading that ends with `>` is right-aligned."""
    lines = [
        [heading.removesuffix(">") for heading in headings],
        ["---:" if heading.endswith(">") else "---" for heading in headings],
        *rows,
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float) -> str:
    """Writes counts in full and other numbers to four digits."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
