"""The caches as plainly as can be, to hold the native ones to."""

from dataclasses import dataclass, field


@dataclass
class Cache:
    """One cache: each set is a dictionary of line to whether it is dirty, least recent first."""

    sets: int
    ways: int
    asked: int = 0
    fills: int = 0
    content: dict[int, dict[int, bool]] = field(default_factory=dict)

    def set_of(self, line: int) -> dict[int, bool]:
        return self.content.setdefault(line % self.sets, {})

    def has(self, line: int) -> bool:
        return line in self.set_of(line)


@dataclass
class Hierarchy:
    """Caches of instructions and data, then those of both, then memory: a list of requests."""

    instructions: Cache
    data: Cache
    shared: list[Cache]
    inclusive: bool
    prefetch: bool
    lines_per_page: int
    requests: list[tuple[int, bool]] = field(default_factory=list)

    def access(self, kind: str, line: int) -> None:
        first = self.instructions if kind == "I" else self.data
        asked = self.shared[-1].asked
        self.use([first, *self.shared], line, dirty=kind in "SM")
        following = line + 1
        if (
            self.prefetch
            and self.shared[-1].asked > asked
            and following // self.lines_per_page == line // self.lines_per_page
            and not self.shared[-1].has(following)
        ):
            self.requests.append((following, False))
            self.place(self.shared[-1:], following, dirty=False)

    def use(self, caches: list[Cache], line: int, dirty: bool) -> None:
        """Brings a line into the first of some caches, as its most recently used."""
        if not caches:
            self.requests.append((line, False))
            return
        cache = caches[0]
        cache.asked += 1
        lines = cache.set_of(line)
        if line in lines:
            lines[line] = lines.pop(line) or dirty
            return
        cache.fills += 1
        self.use(caches[1:], line, dirty=False)
        self.place(caches, line, dirty)

    def place(self, caches: list[Cache], line: int, dirty: bool) -> None:
        cache = caches[0]
        lines = cache.set_of(line)
        lines[line] = dirty
        if len(lines) <= cache.ways:
            return
        victim = next(iter(lines))
        modified = lines.pop(victim)
        if self.inclusive and cache in self.shared:
            depth = self.shared.index(cache)
            for before in (self.instructions, self.data, *self.shared[:depth]):
                modified |= before.set_of(victim).pop(victim, False)
        if modified:
            self.write_back(caches[1:], victim)

    def write_back(self, caches: list[Cache], line: int) -> None:
        if not caches:
            self.requests.append((line, True))
        elif caches[0].has(line):
            caches[0].set_of(line)[line] = True
        else:
            self.place(caches, line, dirty=True)
