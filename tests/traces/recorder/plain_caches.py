"""The caches as plainly as can be, to hold the native ones to."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Cache:
    """One cache: each set is a dictionary of line to whether it is dirty, least recent first."""

    sets: int
    ways: int
    asked: int = 0
    fills: int = 0
    write_backs: int = 0
    prefetches: int = 0
    useful_prefetches: int = 0
    content: dict[int, dict[int, bool]] = field(default_factory=dict)
    unused: set[int] = field(default_factory=set)
    """Lines that were prefetched and not asked for since."""

    def set_of(self, line: int) -> dict[int, bool]:
        return self.content.setdefault(line % self.sets, {})

    def has(self, line: int) -> bool:
        return line in self.set_of(line)

    def remove(self, line: int) -> bool:
        """Returns whether it was dirty."""
        self.unused.discard(line)
        return self.set_of(line).pop(line, False)


@dataclass
class Prefetcher:
    """Guesses which lines follow; `streams` has the last page, line and stride of each slot."""

    kind: str
    degree: int
    lines_per_page: int
    streams: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def guesses(self, line: int) -> list[int]:
        stride = {"none": 0, "next-line": 1}.get(self.kind)
        if stride is None:
            stride = self.confirmed_stride(line)
        page = line // self.lines_per_page
        guesses = [line + stride * (i + 1) for i in range(self.degree) if stride]
        return [guess for guess in guesses if guess // self.lines_per_page == page]

    def confirmed_stride(self, line: int) -> int:
        page = line // self.lines_per_page
        known, last, before = self.streams.get(page % 64, (None, 0, 0))
        if known != page:
            self.streams[page % 64] = (page, line, 0)
            return 0
        if line == last:
            return 0
        self.streams[page % 64] = (page, line, line - last)
        return before if line - last == before else 0


@dataclass
class Hierarchy:
    """First-level caches, then those that they share, then memory: a list of requests."""

    first: list[Cache]
    shared: list[Cache]
    inclusion: str
    prefetcher: Prefetcher
    requests: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def caches(self) -> list[Cache]:
        return [*self.first, *self.shared]

    def access(self, first: int, line: int, store: bool) -> None:
        path = [self.first[first], *self.shared]
        last = path[-1]
        asked = last.asked
        self.use(path, line, store)
        if last.asked == asked:
            return
        for guess in self.prefetcher.guesses(line):
            holders = path if self.inclusion == "exclusive" else [last]
            if any(cache.has(guess) for cache in holders):
                continue
            self.requests.append((guess, False))
            last.prefetches += 1
            last.unused.add(guess)
            self.place([last], guess, dirty=False)

    def use(self, caches: list[Cache], line: int, dirty: bool) -> None:
        """Brings a line into the first of some caches, as its most recently used."""
        cache = caches[0]
        if not self.ask(cache, line):
            dirty |= self.fetch(caches[1:], line)
            self.place(caches, line, dirty)
        else:
            lines = cache.set_of(line)
            lines[line] = lines.pop(line) or dirty

    def ask(self, cache: Cache, line: int) -> bool:
        cache.asked += 1
        if not cache.has(line):
            cache.fills += 1
            return False
        if line in cache.unused:
            cache.unused.remove(line)
            cache.useful_prefetches += 1
        return True

    def fetch(self, caches: list[Cache], line: int) -> bool:
        """Gets a line for the level before; returns whether it comes dirty."""
        if not caches:
            self.requests.append((line, False))
            return False
        if self.inclusion != "exclusive":
            self.use(caches, line, dirty=False)
            return False
        if self.ask(caches[0], line):
            return caches[0].remove(line)
        return self.fetch(caches[1:], line)

    def place(self, caches: list[Cache], line: int, dirty: bool) -> None:
        cache = caches[0]
        lines = cache.set_of(line)
        lines[line] = dirty
        if len(lines) <= cache.ways:
            return
        victim = next(iter(lines))
        modified = cache.remove(victim)
        if self.inclusion == "inclusive" and cache in self.shared:
            for other in self.caches[: self.caches.index(cache)]:
                modified |= other.remove(victim)
        if modified or (self.inclusion == "exclusive" and caches[1:]):
            cache.write_backs += 1
            self.write_back(caches[1:], victim, modified)

    def write_back(self, caches: list[Cache], line: int, dirty: bool) -> None:
        if not caches:
            self.requests.append((line, True))
        elif caches[0].has(line):
            caches[0].set_of(line)[line] |= dirty
        else:
            self.place(caches, line, dirty)
