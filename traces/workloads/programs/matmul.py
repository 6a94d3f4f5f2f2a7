"""Multiplies two matrices of 1024 x 1024 numbers with NumPy."""

import sys

import numpy as np

SIZE = 1024


def main() -> None:
    """Makes the matrices and, unless told `setup`, multiplies them."""
    random = np.random.default_rng(0)
    a = random.standard_normal((SIZE, SIZE), dtype=np.float32)
    b = random.standard_normal((SIZE, SIZE), dtype=np.float32)
    if sys.argv[1:] != ["setup"]:
        print((a @ b).trace())


if __name__ == "__main__":
    main()
