"""The tables of constraints that simulators read agree with the checker on every pair of commands.

Each pair becomes a sequence that makes the two legal; all sequences are checked as one trace.
"""

from itertools import product

import pytest

from archgym.dram.legality import check
from archgym.dram.standards import COMMANDS, STANDARDS

COLUMN = ("RD", "RDA", "WR", "WRA")
TO_ONE_BANK = ("PREPB", "PRESB")
NEED_AN_OPEN_BANK = (*COLUMN, *TO_ONE_BANK, "PREAB")
TO_ALL_BANKS = ("PREAB", "REFAB", "PDEA", "PDXA", "PDEP", "PDXP", "SREFEN", "SREFEX")
EXITS = {"PDXA": "PDEA", "PDXP": "PDEP", "SREFEX": "SREFEN"}
LONG = 3000  # cycles after which nothing before matters
GOING_DOWN = ("SREFEN", "PDEA", "PDEP")
"""Tables may be stricter on these: some give a pin's signal the command bus or a cycle to spare."""

DEVICES = {
    "ddr3-1600": 2,
    "ddr4-2400": 2,
    "ddr5-4800": 2,
    "lpddr4-3200": 2,
    "lpddr5-6400": 2,
    "gddr6-14000": 1,
    "hbm2": 1,
    "hbm3-6400": 1,
}
"""One a standard, and in how many ranks; pseudo channels are ranks too."""


def all_pairs(device):
    """(previous, following, its bank, its rank); the previous one goes to bank 0 of rank 0."""
    organization = device.organization
    constraints = STANDARDS[device.standard].rules(device.timing, organization).constraints
    known = {name for edge in constraints for name in (*edge.previous, *edge.following)}
    names = [name for name in COMMANDS if name in known]
    group, stack = organization.banks_per_group, organization.banks // organization.stacks
    banks = sorted({0, 1, group % organization.banks, stack % organization.banks})
    places = [(bank, 0) for bank in banks]
    if organization.ranks * organization.pseudo_channels > 1:
        places.append((0, 1))
    return [
        (previous, following, *place)
        for previous, following in product(names, names)
        for place in places
        # No controller precharges the bank that a command before precharges.
        if not (previous in ("RDA", "WRA", "PREAB") and following in (*TO_ONE_BANK, "PREAB"))
    ]


def table_distance(device, previous, following, bank, rank):
    """What the table of constraints and the length on the command bus amount to, in cycles."""
    organization, standard = device.organization, STANDARDS[device.standard]

    def addressed(name, bank):
        if name in TO_ALL_BANKS:
            return set(range(organization.banks))
        if name in ("PRESB", "REFSB"):
            step = organization.banks_per_group
            return set(range(bank % step, organization.banks, step))
        half = organization.banks // 2
        return {bank % half, bank % half + half} if name == "REFP2B" else {bank}

    def parts(banks, size):
        return {bank // size for bank in banks}

    one, other = addressed(previous, 0), addressed(following, bank)
    group, stack = organization.banks_per_group, organization.banks // organization.stacks
    meet = {
        "bank": rank == 0 and one & other,
        "bank_group": rank == 0 and parts(one, group) & parts(other, group),
        "rank": rank == 0,
        "other_stack": rank == 0 and parts(one, stack) != parts(other, stack),
        "other_rank": rank != 0,
    }
    one_bus = not standard.has_column_bus or (previous in COLUMN) == (following in COLUMN)
    return max(
        standard.command_cycles.get(previous, 1) if one_bus else 0,
        *(
            edge.cycles
            for edge in standard.rules(device.timing, organization).constraints
            if previous in edge.previous
            and following in edge.following
            and edge.when != "round_ends"
            and meet[edge.scope]
        ),
        0,
    )


def sequence(device, pair, distance):
    """Everything that it takes for a pair of commands, and to go back to where it began."""
    previous, following, bank, rank = pair
    to_open = set()
    if previous in NEED_AN_OPEN_BANK:
        to_open.add((0, 0))
    if following in NEED_AN_OPEN_BANK and not (previous == "ACT" and (rank, bank) == (0, 0)):
        to_open.add((rank, bank))
    if "PDEA" in (previous, following, EXITS.get(previous)):
        to_open.add((0, device.organization.banks - 1))
    steps = [(LONG, "ACT", bank, rank) for rank, bank in sorted(to_open)]
    if previous in EXITS:
        steps.append((LONG, EXITS[previous], 0, 0))
    steps += [(LONG, previous, 0, 0), (distance, following, bank, rank)]
    for touched in {0, rank}:
        last = [name for _, name, _, where in steps if where == touched][-1]
        steps += [(LONG, leave, 0, touched) for leave, enter in EXITS.items() if enter == last]
        steps += [(LONG, "PREAB", 0, touched), (LONG, "REFAB", 0, touched)]
    return steps


def broken_by(device, trace, pairs, distances):
    """For each pair, the rules that its sequence breaks."""
    commands, owner, cycle = [], [], 0
    for i, (pair, distance) in enumerate(zip(pairs, distances, strict=True)):
        for after, name, bank, rank in sequence(device, pair, distance):
            cycle += after
            commands.append((cycle, name, bank, 0, rank))
            owner.append(i)
    broken = [set() for _ in pairs]
    for violation in check(trace(device, *commands), device, refreshes=False):
        broken[owner[violation.index]].add(violation.rule)
    return broken


@pytest.mark.parametrize("name", DEVICES)
def test_tables_are_as_strict_as_the_standard(make_device, trace, name):
    device = make_device(name, ranks=DEVICES[name])
    pairs = all_pairs(device)
    apart = broken_by(device, trace, pairs, [LONG] * len(pairs))
    pairs = [pair for pair, broken in zip(pairs, apart, strict=True) if not broken]
    assert len(pairs) > 200
    distances = [table_distance(device, *pair) for pair in pairs]
    legal = broken_by(device, trace, pairs, distances)
    early = broken_by(device, trace, pairs, [max(0, distance - 1) for distance in distances])
    found = list(zip(pairs, distances, legal, early, strict=True))
    assert [(pair, distance, broken) for pair, distance, broken, _ in found if broken] == []
    # How far apart ranks keep on their bus is up to a system.
    assert [
        (pair, distance)
        for pair, distance, _, broken_early in found
        if distance > 0 and pair[3] == 0 and pair[1] not in GOING_DOWN and not broken_early
    ] == []
