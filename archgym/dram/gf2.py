"""Linear maps over GF(2), the field of one bit where addition is XOR.

A matrix is a sequence of integers, one per row; bit `j` of row `i` says whether input bit `j` takes
part in the XOR that makes output bit `i`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

UInts = npt.NDArray[np.uint64]

# Bits of the input looked up at once: a table of 2,048 words stays in the first-level cache.
_PIECE = 11


class SingularMatrixError(ValueError):
    """The matrix has no inverse.

    Attributes:
        row: The index of a row that is a combination of earlier ones.
    """

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row} is a combination of earlier rows")
        self.row = row


def transpose(rows: Sequence[int]) -> list[int]:
    """Returns the transpose of a square matrix."""
    return [
        sum((row >> column & 1) << index for index, row in enumerate(rows))
        for column in range(len(rows))
    ]


def inverse(rows: Sequence[int]) -> list[int]:
    """Inverts a square matrix by Gauss-Jordan elimination.

    Raises:
        SingularMatrixError: The rows are linearly dependent.
    """
    # pivot column -> (reduced row, which of the given rows were added up to make it)
    reduced: dict[int, tuple[int, int]] = {}
    for index, given in enumerate(rows):
        row, made_of = given, 1 << index
        for pivot, (other, other_made_of) in reduced.items():
            if row >> pivot & 1:
                row, made_of = row ^ other, made_of ^ other_made_of
        if row == 0:
            raise SingularMatrixError(index)
        new_pivot = row.bit_length() - 1
        for pivot, (other, other_made_of) in reduced.items():
            if other >> new_pivot & 1:
                reduced[pivot] = (other ^ row, other_made_of ^ made_of)
        reduced[new_pivot] = (row, made_of)
    return [reduced[column][1] for column in range(len(rows))]


class LinearMap:
    """A square matrix made ready to be applied to many words at once.

    The image of a word is the XOR of the images of its pieces, so one table look-up a piece is
    enough, whatever the matrix.

    Args:
        rows: The matrix, at most 64 x 64.
    """

    def __init__(self, rows: Sequence[int]) -> None:
        columns = np.array(transpose(rows), dtype=np.uint64)
        self._tables = [
            _images(columns[first : first + _PIECE]) for first in range(0, len(columns), _PIECE)
        ]

    def apply(self, words: UInts) -> UInts:
        """Multiplies the matrix with each word.

        Args:
            words: Any shape; bits beyond the matrix are ignored.

        Returns:
            The products, of the same shape.
        """
        result = np.zeros_like(words)
        for index, table in enumerate(self._tables):
            piece = words >> np.uint64(index * _PIECE) & np.uint64(len(table) - 1)
            result ^= table[piece.view(np.int64)]
        return result


def _images(columns: UInts) -> UInts:
    """Returns the images of all words of `len(columns)` bits, in order."""
    images = np.zeros(1, dtype=np.uint64)
    for column in columns:
        images = np.concatenate([images, images ^ column])
    return images
