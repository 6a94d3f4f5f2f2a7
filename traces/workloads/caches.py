"""A small write-back, write-allocate cache hierarchy with least-recently-used replacement."""

from typing import Protocol


class Sizes(Protocol):
    """What the caches need to know; see `record.Machine`."""

    @property
    def line_bytes(self) -> int: ...  # noqa: D102
    @property
    def l1_bytes(self) -> int: ...  # noqa: D102
    @property
    def l1_ways(self) -> int: ...  # noqa: D102
    @property
    def llc_bytes(self) -> int: ...  # noqa: D102
    @property
    def llc_ways(self) -> int: ...  # noqa: D102


class Cache:
    """One set-associative cache.

    Args:
        lines: Lines it holds.
        ways: Lines a set.
    """

    def __init__(self, lines: int, ways: int) -> None:
        self._ways = ways
        # Line -> whether it is dirty; a dictionary keeps its keys in order of insertion, so the
        # first one is the least recently used.
        self._sets: list[dict[int, bool]] = [{} for _ in range(lines // ways)]

    def access(self, line: int, dirty: bool) -> tuple[bool, int | None]:
        """Touches a line, and brings it in if it is not there.

        Returns:
            Whether it was there; and the dirty line thrown out for it, if any.
        """
        lines = self._sets[line % len(self._sets)]
        if line in lines:
            lines[line] = lines.pop(line) or dirty
            return True, None
        lines[line] = dirty
        if len(lines) <= self._ways:
            return False, None
        victim = next(iter(lines))
        return False, victim if lines.pop(victim) else None


class Caches:
    """First-level instruction and data caches before a last-level cache.

    Args:
        sizes: Line size, sizes in bytes and associativities.
    """

    def __init__(self, sizes: Sizes) -> None:
        def cache(size: int, ways: int) -> Cache:
            return Cache(size // sizes.line_bytes, ways)

        self._instructions = cache(sizes.l1_bytes, sizes.l1_ways)
        self._data = cache(sizes.l1_bytes, sizes.l1_ways)
        self._last = cache(sizes.llc_bytes, sizes.llc_ways)

    def access(self, line: int, kind: str) -> list[tuple[int, bool]]:
        """Serves an access of the core.

        Args:
            line: The physical line.
            kind: `I` fetch of an instruction, `L` load, `S` store, `M` load and store.

        Returns:
            The requests to memory that it causes, in order: line and whether it is written back.
        """
        first = self._instructions if kind == "I" else self._data
        hit, victim = first.access(line, kind in "SM")
        if hit:
            return []
        requests = []
        in_last, thrown_out = self._last.access(line, dirty=False)
        if not in_last:
            requests.append((line, False))
        if thrown_out is not None:
            requests.append((thrown_out, True))
        if victim is not None:
            # All of the line is known, so it need not be read first.
            _, thrown_out = self._last.access(victim, dirty=True)
            if thrown_out is not None:
                requests.append((thrown_out, True))
        return requests
