"""Writes 4 MB of text in which words and phrases come back, as in a log."""

import random

SIZE = 4_000_000
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def main() -> None:
    """Writes the text."""
    seeded = random.Random(0)
    words = ["".join(seeded.choices(LETTERS, k=seeded.randint(2, 11))) for _ in range(4000)]
    phrases = [" ".join(seeded.choices(words[:800], k=seeded.randint(3, 9))) for _ in range(6000)]
    size = 0
    while size < SIZE:
        end = " ".join(seeded.choices(words, k=3))
        line = f"{seeded.randrange(10**8):08d} {seeded.choice(phrases)} {end}"
        size += len(line) + 1
        print(line)


if __name__ == "__main__":
    main()
