"""Fingerprints of source code: of what it does, not of how it is laid out or commented."""

import ast
import hashlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from importlib.abc import InspectLoader
from importlib.util import find_spec
from typing import cast

DIGITS = 12
"""Hexadecimal digits of a fingerprint."""


def hash_sources(sources: Mapping[str, str], *more: str) -> str:
    """Returns the fingerprint of Python sources, in whatever order they come.

    It depends neither on comments, docstrings and blank space nor on the platform.

    Args:
        sources: The text of each module, by its name.
        more: Whatever else the results depend on, e.g. the hash of compiled sources.
    """
    digest = hashlib.sha256(repr(more).encode())
    for name, text in sorted(sources.items()):
        digest.update(f"{name}\n{_canonical(ast.parse(text))}\n".encode())
    return digest.hexdigest()[:DIGITS]


def read_sources(names: Iterable[str]) -> dict[str, str]:
    """Returns the text of modules, and of all modules in packages, by their names.

    Compiled modules in a package have none.

    Raises:
        ImportError: There is no such module, or it is installed without its source.
    """
    sources = {}
    for name in names:
        loader, folders = _find(name)
        text = loader.get_source(name)
        if text is None:
            raise ImportError(f"module {name} is installed without its source", name=name)
        sources[name] = text
        for module in pkgutil.iter_modules(folders, f"{name}."):
            text = _find(module.name)[0].get_source(module.name)
            if text is not None:
                sources[module.name] = text
    return sources


def _find(name: str) -> tuple[InspectLoader, Sequence[str]]:
    """Returns what knows the source of a module, and where its own modules are."""
    spec = find_spec(name)
    if spec is None:
        raise ImportError(f"there is no module {name}", name=name)
    return cast(InspectLoader, spec.loader), spec.submodule_search_locations or []


def _canonical(node: object) -> object:
    """Turns a syntax tree into nested tuples that are alike in all versions of Python.

    Fields without content are left out, since newer versions have more of them.
    """
    if isinstance(node, ast.AST):
        fields = ((name, _canonical(value)) for name, value in ast.iter_fields(node))
        return (type(node).__name__, *(field for field in fields if field[1] not in (None, ())))
    if isinstance(node, list):
        return tuple(_canonical(each) for each in node if not _is_docstring(each))
    return node


def _is_docstring(node: object) -> bool:
    """Tells a statement that is but a text, wherever it stands."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
