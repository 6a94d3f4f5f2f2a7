"""Refreshes: how many may be late, early or at once, rounds over the banks, self-refresh."""

import pytest

from archgym.dram.device import Device

DDR4, LPDDR4, GDDR6 = (Device.load(name) for name in ("ddr4-2400", "lpddr4-3200", "gddr6-14000"))
INTERVAL = DDR4.timing["REFI"]


def refreshes_at(*slots):
    """DDR4's REFABs in the given intervals, several in one if repeated."""
    seen = dict.fromkeys(slots, 0)
    commands = []
    for slot in slots:
        commands.append((slot * INTERVAL + DDR4.timing["RFC1"] * seen[slot], "REFAB"))
        seen[slot] += 1
    return commands


def test_refresh_every_interval_is_legal(rules):
    assert rules(DDR4, *refreshes_at(*range(1, 40)), refreshes=True) == set()


def test_eight_refreshes_can_be_postponed_and_caught_up(rules):
    assert rules(DDR4, *refreshes_at(*[9] * 9, *range(10, 20)), refreshes=True) == set()
    late = rules(DDR4, *refreshes_at(*[10] * 10), refreshes=True)
    assert late == {"postponed REFs", "REF interval"}


def test_owing_more_than_eight_refreshes_is_illegal_however_regular(rules):
    # Every other interval: after 2 n of them n are outstanding.
    assert rules(DDR4, *refreshes_at(*range(2, 17, 2)), refreshes=True) == set()
    late = rules(DDR4, *refreshes_at(*range(2, 25, 2)), refreshes=True)
    assert late == {"postponed REFs"}


def test_pulling_in_buys_eight_intervals_at_most(rules):
    assert rules(DDR4, *refreshes_at(*[1] * 9, 10), refreshes=True) == set()
    assert rules(DDR4, *refreshes_at(*[1] * 9, 11), refreshes=True) == {"REF interval"}
    many = rules(DDR4, *refreshes_at(*[1] * 9, *[4] * 9, 12), refreshes=True)
    assert many == set()


def test_sixteen_refreshes_fit_into_two_intervals(rules):
    assert rules(DDR4, *refreshes_at(*[1] * 16), refreshes=True) == set()
    assert rules(DDR4, *refreshes_at(*[1] * 17), refreshes=True) == {"REFs in 2 tREFI"}


def test_the_end_of_the_trace_counts_too(rules):
    assert rules(DDR4, (INTERVAL * 9, "ACT", 0), refreshes=True) == set()
    late = rules(DDR4, (INTERVAL * 10, "ACT", 0), refreshes=True)
    assert late == {"postponed REFs", "REF interval"}
    assert rules(DDR4, (INTERVAL * 10, "ACT", 0), refreshes=False) == set()


def test_every_rank_is_refreshed(rules, make_device):
    device = make_device("ddr4-2400", ranks=2)
    one = [(INTERVAL * i, "REFAB", 0, 0, 0) for i in range(1, 20)]
    other = [(INTERVAL * i + 400, "REFAB", 0, 0, 1) for i in range(1, 20)]
    assert rules(device, *one, *other, refreshes=True) == set()
    # The other rank occurs, but is never refreshed.
    idle = rules(device, *one, (20, "PREAB", 0, 0, 1), refreshes=True)
    assert idle == {"postponed REFs", "REF interval"}


def lpddr4_rounds(count, every, order=range(8)):
    banks = list(order)
    return [(every * (i + 1), "REFPB", banks[i % 8]) for i in range(count)]


def test_banks_take_turns_in_any_order(rules):
    orders = [(0, 1, 2, 3, 4, 5, 6, 7), (1, 3, 0, 2, 4, 7, 5, 6)]
    rounds = [
        (700 * (8 * i + j + 1), "REFPB", bank)
        for i in range(6)
        for j, bank in enumerate(orders[i % 2])
    ]
    assert rules(LPDDR4, *rounds, refreshes=True) == set()
    twice = [(700 * (i + 1), "REFPB", bank) for i, bank in enumerate((0, 1, 2, 1))]
    assert rules(LPDDR4, *twice) == {"bank refreshed twice in a round"}


@pytest.mark.parametrize(
    "restart", [[(3000, "REFAB")], [(3000, "SREFEN"), (4000, "SREFEX")]], ids=["REFAB", "SREFEX"]
)
def test_a_round_starts_anew(rules, restart):
    part = [(1000, "REFPB", 0), (2000, "REFPB", 1)]
    assert rules(LPDDR4, *part, *restart, (5000, "REFPB", 0)) == set()


def test_per_bank_refreshes_may_be_postponed_by_eight_rounds(rules):
    # One and a half times too slow: a third of a round is added to the debt by each that is due.
    each = LPDDR4.timing["REFI"] * 3 // 16
    assert rules(LPDDR4, *lpddr4_rounds(8 * 16, each), refreshes=True) == set()
    late = rules(LPDDR4, *lpddr4_rounds(8 * 18, each), refreshes=True)
    assert late == {"postponed REFs"}


def test_a_refresh_of_all_banks_stands_for_a_round(rules):
    interval = LPDDR4.timing["REFI"]
    each = interval // 8
    mixed = [*lpddr4_rounds(16, each), *((interval * i, "REFAB") for i in range(3, 30))]
    assert rules(LPDDR4, *mixed, (interval * 30, "REFPB", 0), refreshes=True) == set()
    half = [(interval * i, "REFAB") for i in range(2, 60, 2)]
    assert "postponed REFs" in rules(LPDDR4, (1000, "REFPB", 0), *half, refreshes=True)


def test_what_a_broken_off_round_refreshed_is_lost(rules):
    interval = LPDDR4.timing["REFI"]
    rounds = [
        command
        for i in range(1, 20)
        for command in (
            *((interval * i + 500 * j, "REFPB", j) for j in range(4)),
            (interval * i + 2500, "REFAB"),
        )
    ]
    assert rules(LPDDR4, *rounds, refreshes=True) == set()
    # Were the four counted besides the REFAB, three rounds would do for two intervals each.
    slow = [(2 * cycle, *rest) for cycle, *rest in rounds]
    assert rules(LPDDR4, *slow, refreshes=True) == {"postponed REFs"}


def test_pairs_make_half_as_long_a_round(rules):
    each = GDDR6.timing["REFI"] // 8
    pairs = [(each * (i + 1), "REFP2B", i % 8) for i in range(200)]
    assert rules(GDDR6, *pairs, refreshes=True) == set()
    assert rules(GDDR6, *pairs[:4], (each * 5, "REFP2B", 8)) == {"bank refreshed twice in a round"}
    single = [(each * (i + 1), "REFPB", i % 16) for i in range(200)]
    assert rules(GDDR6, *single, refreshes=True) == {"postponed REFs"}


def asleep(*periods):
    return [
        command
        for start, end in periods
        for command in ((start * INTERVAL, "SREFEN"), (end * INTERVAL, "SREFEX"))
    ]


def test_nothing_falls_due_in_self_refresh(rules):
    commands = [*refreshes_at(1, 2, 3), *asleep((4, 60)), *refreshes_at(61, 62, 63)]
    assert rules(DDR4, *commands, refreshes=True) == set()
    still_asleep = [*refreshes_at(1, 2, 3), (4 * INTERVAL, "SREFEN")]
    assert rules(DDR4, *still_asleep, (60 * INTERVAL, "SREFEX"), refreshes=True) == set()


def test_self_refresh_leaves_the_debt_as_it_is(rules):
    # Six outstanding before, and two, or four, after it.
    few = [*asleep((6.5, 60)), *refreshes_at(*[62] * 8), *refreshes_at(*range(63, 70))]
    assert rules(DDR4, *few, refreshes=True) == set()
    many = [*asleep((6.5, 60)), *refreshes_at(*[64] * 10), *refreshes_at(*range(65, 70))]
    assert rules(DDR4, *many, refreshes=True) == {"postponed REFs"}


def test_intervals_cut_short_by_self_refresh_count(rules):
    # Awake for nine tenths of an interval each time, with or without the refresh for it.
    naps = asleep(*((10 * i + 0.9, 10 * (i + 1)) for i in range(12)))
    extra = [(10 * INTERVAL * (i + 1) + 1000, "REFAB") for i in range(12)]
    regular = [(10 * INTERVAL * (i + 1) + 2000, "REFAB") for i in range(12)]
    assert rules(DDR4, *naps, *extra, *regular, refreshes=True) == set()
    assert rules(DDR4, *naps, *extra, refreshes=True) == {"postponed REFs"}


def test_self_refreshes_have_a_refresh_between_them(rules):
    between = [(20 * INTERVAL + 1000, "REFAB")]
    twice = asleep((10, 20), (21, 30))
    assert rules(DDR4, *twice) == {"REF between self-refreshes"}
    assert rules(DDR4, *twice, *between) == set()


def test_self_refreshes_have_a_whole_round_between_them(rules):
    twice = [(0, "SREFEN"), (5000, "SREFEX"), (20_000, "SREFEN")]
    banks = [(6000 + 1000 * bank, "REFPB", bank) for bank in range(8)]
    assert rules(LPDDR4, *twice, *banks) == set()
    assert rules(LPDDR4, *twice, *banks[:-1]) == {"REF between self-refreshes"}
