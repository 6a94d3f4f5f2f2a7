"""Every kernel makes the requests that its algorithm does."""

from collections import Counter
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.traces.generators import generate
from archgym.traces.player import Player


def line_of(trace):
    return (trace.address // 64).astype(np.int64)


@given(st.integers(3, 300), st.booleans(), st.integers(1, 3))
def test_triad(lines, write_allocate, rounds):
    length = lines // 3
    per_index = 4 if write_allocate else 3
    trace = generate(
        "triad",
        requests=rounds * length * per_index,
        footprint=64 * lines,
        write_allocate=write_allocate,
    )
    line = line_of(trace).reshape(-1, per_index)
    written = trace.is_write.reshape(-1, per_index)
    assert (written == ([False] * (per_index - 1) + [True])).all()
    # The same element of three arrays that do not overlap, one element after the other.
    b, c, a = line[:, 0], line[:, 1], line[:, -1]
    index = np.tile(np.arange(length), rounds)
    for array in (a, b, c):
        np.testing.assert_array_equal(array - array[0], index)
    assert len({*a.tolist(), *b.tolist(), *c.tolist()}) == 3 * length
    if write_allocate:
        np.testing.assert_array_equal(line[:, 2], a)


@given(st.integers(1, 1024), st.integers(1, 4), st.integers(0, 2**32))
def test_gups_writes_what_it_read(lookahead, batches, seed):
    trace = generate("gups", requests=2 * lookahead * batches, lookahead=lookahead, seed=seed)
    line = line_of(trace).reshape(batches, 2, lookahead)
    np.testing.assert_array_equal(line[:, 0], line[:, 1])
    written = trace.is_write.reshape(batches, 2, lookahead)
    assert not written[:, 0].any()
    assert written[:, 1].all()


def test_gups_spreads_its_updates():
    line = line_of(generate("gups", requests=40_000, footprint=64 * 100))[::2]
    # 200 each on average, so a standard deviation of 14.
    assert np.bincount(line, minlength=100) == pytest.approx(200, abs=75)


@given(st.integers(1, 400), st.integers(1, 8), st.integers(0, 2**32))
def test_pointer_chase_visits_every_node_once_before_it_repeats(lines, chains, seed):
    chains = min(chains, lines)
    nodes = lines // chains
    trace = generate(
        "pointer-chase",
        requests=3 * nodes * chains,
        footprint=64 * lines,
        chains=chains,
        seed=seed,
    )
    line = line_of(trace)
    assert not trace.is_write.any()
    seen = set()
    for chain in range(chains):
        rounds = line[trace.initiator == chain].reshape(3, nodes)
        assert len(set(rounds[0].tolist())) == nodes
        assert (rounds == rounds[0]).all()
        assert seen.isdisjoint(rounds[0].tolist())
        seen.update(rounds[0].tolist())


def test_pointer_chase_is_random_and_waits_for_every_response():
    trace = generate("pointer-chase", footprint=2**20)
    assert trace.player == Player("closed", 1, dependent=True)
    first = line_of(trace)[: 2**14]
    # Neither neighbours nor any other distance follow each other more often than by chance.
    assert Counter(np.diff(first).tolist()).most_common(1)[0][1] < 10


@pytest.mark.parametrize(("element_bytes", "tile"), [(4, 16), (8, 16), (2, 64)])
def test_matrix_product_reads_each_tile_as_often_as_it_is_used(element_bytes, tile):
    footprint = 200_000
    width = tile * element_bytes // 64
    tile_lines = tile * width
    tiles = isqrt(footprint // 64 // 3 // tile_lines)
    assert tiles >= 2
    per_c = (2 * tiles + 1) * tile_lines
    trace = generate(
        "tiled-matmul",
        requests=tiles**2 * per_c,
        footprint=footprint,
        tile=tile,
        element_bytes=element_bytes,
    )
    line = line_of(trace)
    matrix_lines = tiles**2 * tile_lines
    reads = np.bincount(line[~trace.is_write], minlength=3 * matrix_lines)
    writes = np.bincount(line[trace.is_write], minlength=3 * matrix_lines)
    # Each element of A and B is read once a column or row of tiles of C, each of C written once.
    assert (reads == [tiles] * 2 * matrix_lines + [0] * matrix_lines).all()
    assert (writes == [0] * 2 * matrix_lines + [1] * matrix_lines).all()


def test_matrix_product_multiplies_the_tiles_that_belong_together():
    tile = 16
    trace = generate("tiled-matmul", requests=50_000, footprint=64 * 3 * 25 * 16, tile=tile)
    matrix_row, column = np.divmod(line_of(trace), 5)
    matrix, row = np.divmod(matrix_row, 5 * tile)
    # Tiles of 16 lines each, one under the other: which matrix, row of tiles and column of tiles.
    whole = slice(0, len(trace) // tile * tile)
    tiles = [
        tuple(key)
        for key in np.stack([matrix, row // tile, column], axis=1)[whole].reshape(-1, tile, 3)[:, 0]
    ]
    assert (row[whole].reshape(-1, tile) % tile == np.arange(tile)).all()
    expected = []
    for i in range(5):
        for j in range(5):
            for k in range(5):
                expected += [(0, i, k), (1, k, j)]
            expected.append((2, i, j))
    repeats = -(-len(tiles) // len(expected))
    assert tiles == (expected * repeats)[: len(tiles)]


def test_embedding_gather_takes_bags_of_whole_rows_from_each_table_in_turn():
    tables, bag, row_lines, rows = 3, 5, 2, 100
    trace = generate(
        "embedding-gather",
        requests=tables * bag * row_lines * 400,
        footprint=64 * tables * row_lines * rows,
        tables=tables,
        bag=bag,
        row_bytes=64 * row_lines,
    )
    assert not trace.is_write.any()
    row, inside = np.divmod(line_of(trace).reshape(-1, row_lines), row_lines)
    assert (inside == np.arange(row_lines)).all()
    assert (row == row[:, :1]).all()
    table = (row[:, 0] // rows).reshape(-1, tables, bag)
    assert (table == np.arange(tables)[:, None]).all()


def test_embedding_gather_prefers_few_rows_and_other_ones_in_each_table():
    rows, draws = 1000, 40_000
    options = {"requests": draws, "tables": 2, "row_bytes": 64, "footprint": 64 * 2 * rows}
    line = line_of(generate("embedding-gather", **options))
    popular = []
    for table in range(2):
        count = np.bincount(line[line // rows == table] - table * rows, minlength=rows)
        # 1 / H(1000, 0.99) = 0.131 for the first row; half of that, nearly, for the second.
        share = np.sort(count)[::-1] / count.sum()
        assert share[0] == pytest.approx(0.131, rel=0.1)
        assert share[1] == pytest.approx(share[0] / 2**0.99, rel=0.15)
        popular.append(int(np.argmax(count)))
    assert popular[0] != popular[1]
    uniform = line_of(generate("embedding-gather", exponent=0, **options))
    assert np.bincount(uniform, minlength=2 * rows).max() < 60
