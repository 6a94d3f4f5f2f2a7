"""Kernels: `(rng, requests, lines, **options)` -> the requests that an algorithm makes, in order.

Unlike a pattern's, a kernel's share of reads follows from the algorithm. What a kernel makes are
the requests of memory behind caches that hold one tile, row or line of each operand and no more.
An algorithm that ends before the requests do is run again, on the same data.
"""

from math import isqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from archgym.traces.generators.options import LINE, check, check_footprint
from archgym.traces.generators.patterns import Ints, Rng, zipf_ranks

_MAX_ROWS = 2**24
"""Rows whose popularity is worked out one by one."""


class Accesses(NamedTuple):
    """What a kernel asks for.

    Attributes:
        line: Line of each request, within the footprint.
        is_write: Whether it writes; one value stands for all.
        initiator: Who asks, from 0; one number stands for all.
    """

    line: Ints
    is_write: npt.NDArray[np.bool_] | bool
    initiator: Ints | int = 0


def triad(rng: Rng, requests: int, lines: int, write_allocate: bool = False) -> Accesses:
    """STREAM's triad, a[i] = b[i] + s c[i], line by line: read b and c, write a.

    A cache that allocates on writes reads a's line before it writes it back, unless the program
    uses non-temporal stores; STREAM itself does not count that read (McCalpin, IEEE TCCA
    Newsletter, December 1995).
    """
    check_footprint(lines, 3)
    length = lines // 3
    a, b, c = 0, length, 2 * length
    array = np.array([b, c, a, a] if write_allocate else [b, c, a])
    index, access = np.divmod(np.arange(requests), array.size)
    return Accesses(array[access] + index % length, access == array.size - 1)


def gups(rng: Rng, requests: int, lines: int, lookahead: int = 1) -> Accesses:
    """Updates of random lines: each is read, then written.

    The RandomAccess benchmark of the HPC Challenge (Luszczek et al., 2005), which allows 1024
    updates under way: the reads of `lookahead` of them come first, then their writes.
    """
    check("lookahead", lookahead, 1 <= lookahead <= 1024, "from 1 to 1024")
    batch, access = np.divmod(np.arange(requests), 2 * lookahead)
    update = batch * lookahead + access % lookahead
    return Accesses(rng.integers(lines, size=update.max() + 1)[update], access >= lookahead)


def pointer_chase(rng: Rng, requests: int, lines: int, chains: int = 1) -> Accesses:
    """Reads from node to node of a random cycle through all lines; several chains share them out.

    The chains take turns, and each is an initiator of its own with nodes of its own.
    """
    check("chains", chains, 1 <= chains <= 65536, "from 1 to 65536")
    check_footprint(lines, chains)
    step, chain = np.divmod(np.arange(requests), chains)
    nodes = lines // chains
    # The order in which a random cycle visits its nodes is a random order; its beginning suffices.
    order = rng.choice(lines, size=min(requests, nodes * chains), replace=False)
    return Accesses(order[step % nodes * chains + chain], False, chain)


def matrix_product(
    rng: Rng, requests: int, lines: int, tile: int = 64, element_bytes: int = 4
) -> Accesses:
    """C = A B of square matrices, tile by tile: a tile of C stays in the cache until it is done.

    For each tile of C a row of A's tiles and a column of B's are read, then the tile is written.
    The matrices are stored by rows and as large as the footprint allows.
    """
    check("element_bytes", element_bytes, element_bytes in (1, 2, 4, 8, 16), "1, 2, 4, 8 or 16")
    per_line = LINE // element_bytes
    check("tile", tile, tile >= 1 and tile % per_line == 0, f"a multiple of {per_line}")
    width = tile // per_line
    tile_lines = tile * width
    check_footprint(lines, 3 * tile_lines)
    tiles = isqrt(lines // 3 // tile_lines)

    # A step reads a tile of A and one of B; after `tiles` steps a tile of C is written.
    product, access = np.divmod(np.arange(requests), (2 * tiles + 1) * tile_lines)
    which, inside = np.divmod(access, tile_lines)
    row, column = np.divmod(product % tiles**2, tiles)
    is_c = which == 2 * tiles
    is_a = ~is_c & (which % 2 == 0)
    is_b = ~is_c & ~is_a
    matrix = np.select([is_a, is_b], [0, 1], 2)
    tile_row = np.where(is_b, which // 2, row)
    tile_column = np.where(is_a, which // 2, column)
    matrix_row = (matrix * tiles + tile_row) * tile + inside // width
    return Accesses((matrix_row * tiles + tile_column) * width + inside % width, is_c)


def embedding_gather(
    rng: Rng,
    requests: int,
    lines: int,
    tables: int = 8,
    row_bytes: int = 128,
    bag: int = 20,
    exponent: float = 0.99,
) -> Accesses:
    """Reads bags of rows from one embedding table after the other; some rows are popular.

    What recommendation models do (Naumov et al., "Deep Learning Recommendation Model for
    Personalization and Recommendation Systems", 2019); the sum of a bag stays in the cache.
    """
    check("tables", tables, tables >= 1, "1 or more")
    check("row_bytes", row_bytes, row_bytes >= LINE and row_bytes % LINE == 0, f"{LINE} or more")
    check("bag", bag, bag >= 1, "1 or more")
    row_lines = row_bytes // LINE
    check_footprint(lines, tables * row_lines)
    rows = lines // (tables * row_lines)
    check("footprint", lines * LINE, rows <= _MAX_ROWS, f"that of {_MAX_ROWS} rows per table")
    lookup, inside = np.divmod(np.arange(requests), row_lines)
    rank = zipf_ranks(rng, int(lookup[-1]) + 1, rows, exponent)[lookup]
    # Each table strews its popular rows differently.
    place, shift = rng.permutation(rows), rng.integers(rows, size=tables)
    table = lookup // bag % tables
    row = (place[rank] + shift[table]) % rows
    return Accesses((table * rows + row) * row_lines + inside, False)
