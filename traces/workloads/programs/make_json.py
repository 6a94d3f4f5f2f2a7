"""Writes 20,000 orders as JSON."""

import json
import random
from typing import Any

ORDERS = 20_000


def order(number: int, seeded: random.Random) -> dict[str, Any]:
    """Makes up an order."""
    return {
        "id": number,
        "customer": {"name": f"customer {seeded.randrange(5000)}", "region": seeded.randrange(20)},
        "paid": seeded.random() < 0.9,
        "items": [
            {"sku": f"{seeded.randrange(16**8):08x}", "price": round(seeded.random() * 100, 2)}
            for _ in range(seeded.randint(1, 4))
        ],
    }


def main() -> None:
    """Writes the orders."""
    seeded = random.Random(0)
    print(json.dumps([order(number, seeded) for number in range(ORDERS)]))


if __name__ == "__main__":
    main()
