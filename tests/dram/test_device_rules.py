"""Device data that contradict themselves, the standard or physics are refused by name."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.errors import ArchgymError


def changed(name, section, **values):
    data = copy.deepcopy(Device.load(name).data)
    data["memspec"][section] |= values
    return data


def load(name, section, **values):
    return Device.from_dict(changed(name, section, **values), "mine")


def test_bundled_devices_load():
    for name in Device.names():
        assert Device.load(name).standard in STANDARDS


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("ddr3-1600", {"RC": 33}, r"RC must be at least RAS \+ RP = 28 \+ 10, is 33"),
        ("lpddr4-3200", {"RCpb": 80}, r"RCpb must be at least RAS \+ RPpb = 68 \+ 29, is 80"),
        ("lpddr5-6400", {"RCpb": 20}, r"RCpb must be at least RAS \+ RPpb"),
        ("hbm2", {"RC": 30}, r"RC must be at least RAS \+ RP"),
        ("ddr3-1600", {"RL": 11}, r"RL must be AL \+ CL = 0 \+ 10, is 11"),
        ("ddr3-1600", {"AL": 8}, r"RL must be AL \+ CL = 8 \+ 10, is 10"),
        ("ddr4-2400", {"CL": 15}, r"RL must be AL \+ CL = 0 \+ 15, is 16"),
        ("ddr4-2400", {"CWL": 12}, r"WL must be AL \+ CWL = 0 \+ 12, is 16"),
        ("ddr4-2400", {"AL": 15, "RL": 31, "WL": 14}, "WL must be at least AL, 15"),
        ("ddr4-2400", {"AL": 16, "RL": 32, "WL": 32}, "AL must be below CL, 16"),
        ("lpddr4-3200", {"AL": 2}, "AL must be 0: LPDDR4 has no additive latency, is 2"),
        ("ddr4-2400", {"CCD_S": 2}, "CCD_S must be at least 4, for which a burst of 8 occupies"),
        ("ddr4-2400", {"CCD_L": 3}, "CCD_L must be at least 4"),
        ("ddr3-1600", {"CCD": 3}, "CCD must be at least 4"),
        ("ddr5-4800", {"CCD_L_WR2": 7}, "CCD_L_WR2 must be at least 8"),
        ("lpddr4-3200", {"CCD": 4}, "CCD must be at least 8"),
        ("hbm2", {"CCDR": 1}, "CCDR must be at least 2"),
        ("gddr6-16000", {"CCDS": 1}, "CCDS must be at least 2"),
        ("hbm2", {"RTW": 12}, "RTW must be at least 13, for read data to end before write data"),
        ("lpddr5-6400", {"PPD": 2000}, "PPD must be below 390, in which the refresh of a bank"),
        (
            "lpddr4-3200",
            {"DQS2DQ": 2000},
            "WTR must be at least .*, for write data to end before read data",
        ),
        ("lpddr4-3200", {"REFIpb": 1000}, "REFIpb must be at most REFI / 8 = 781"),
        ("hbm2", {"CCDS": 90_000, "CCDL": 900_000}, "CCDL must be below REFI, 3900, in which"),
        ("ddr5-4800", {"RRD_L": 9375}, "RRD_L must be below REFI1, 9375, in which a refresh falls"),
        ("lpddr4-3200", {"XSR": 10**6}, "XSR must be below REFI, 6246"),
        ("ddr3-1600", {"XSDLL": 20_000}, "XSDLL must be at most 16384, as no DLL takes longer"),
        ("ddr4-2400", {"RFC2": 400}, "RFC2 must be at most RFC1, 312, is 400"),
        ("ddr4-2400", {"RFC2": 100}, "RFC4 must be at most RFC2, 100, is 132"),
        ("ddr4-2400", {"RFC2": 0, "RFC4": 313}, "RFC4 must be at most RFC1, 312"),
        ("lpddr4-3200", {"RFCpb": 500}, "RFCpb must be at most RFCab, 448"),
        ("ddr5-4800", {"RFCsb": 800}, "RFCsb must be at most RFC1, 708"),
        ("ddr4-2400", {"CCD_S": 7}, "CCD_S must be at most CCD_L, 6"),
        ("ddr5-4800", {"RRD_S": 30}, "RRD_S must be at most RRD_L"),
        ("lpddr5-6400", {"WTR_S": 30}, "WTR_S must be at most WTR_L"),
        ("hbm2", {"WTRS": 10}, "WTRS must be at most WTRL, 9"),
        ("gddr6-16000", {"RRDS": 99}, "RRDS must be at most RRDL"),
        (
            "ddr4-2400",
            {"WL": 0, "CWL": 0},
            "WL must be at least 1: data follow their comm",
        ),
        ("lpddr4-3200", {"WL": 0}, "WL must be at least 1"),
        ("hbm3-6400", {"RL": 0}, "RL must be at least 1"),
        ("ddr4-2400", {"tCK": 1e-10}, "tCK must be 3.33e-10 at least: no DDR4 transfers more"),
        ("ddr4-2400", {"tCK": 1e-6}, "tCK must be a clock period in seconds, 1e-7 at most"),
    ],
)
def test_contradictory_timing_is_refused(name, values, message):
    with pytest.raises(ArchgymError, match=rf"^mine: memspec\.memtimingspec\.{message}"):
        load(name, "memtimingspec", **values)


@pytest.mark.parametrize(("cycles", "honoured"), [(37, 38), (38, 38), (40, 40)])
def test_row_cycle_is_the_larger_of_both_within_a_clock_of_rounding(cycles, honoured):
    assert load("ddr3-1600", "memtimingspec", RC=cycles).timing["RC"] == honoured


def test_additive_latency_is_taken():
    device = load("ddr4-2400", "memtimingspec", AL=14, RL=30, WL=26, CWL=12)
    assert device.timing["AL"] == 14


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("ddr4-2400", {"dataRate": 4}, "dataRate must be 2, the beats of data in a clock cycle"),
        ("lpddr5-6400", {"dataRate": 4}, "dataRate must be 8"),
        ("ddr4-2400", {"dataRate": 0}, "dataRate must be 2"),
        ("ddr4-2400", {"burstLength": 16}, "burstLength must be 4 or 8, as DDR4 is simulated"),
        ("ddr5-4800", {"burstLength": 8}, "burstLength must be 16"),
        ("ddr4-2400", {"maxBurstLength": 4}, "maxBurstLength must be at least burstLength, 8"),
        ("gddr6-16000", {"nbrOfRanks": 2}, "nbrOfRanks must be 1, as GDDR6 is simulated"),
        ("hbm2", {"nbrOfRanks": 2}, "nbrOfRanks must be 1"),
        ("ddr4-2400", {"nbrOfPseudoChannels": 2}, "nbrOfPseudoChannels must be 1"),
        ("ddr4-2400", {"nbrOfStacks": 2}, "nbrOfStacks must be 1"),
        ("gddr6-16000", {"per2BankOffset": 4}, "per2BankOffset must be half the banks, 8, is 4"),
    ],
)
def test_bursts_and_levels_that_the_standard_lacks_are_refused(name, values, message):
    with pytest.raises(ArchgymError, match=rf"^mine: memspec\.memarchitecturespec\.{message}"):
        load(name, "memarchitecturespec", **values)


def test_a_rank_narrower_than_a_byte_is_refused():
    with pytest.raises(ArchgymError, match=r"width x nbrOfDevices is 4 x 1 bits, but a rank narr"):
        load("ddr4-2400", "memarchitecturespec", width=4, nbrOfDevices=1)


def amperes(name):
    data = Device.load(name).data["memspec"]["mempowerspec"]
    return {key: value for key, value in data.items() if key.startswith("i")}


@pytest.mark.parametrize("name", ["ddr3-1600", "ddr4-2400", "ddr5-4800", "lpddr4-3200"])
def test_currents_in_milliamperes_are_refused(name):
    with pytest.raises(ArchgymError, match=r"idd\w+ must be in A: no DRAM draws more than 5 A"):
        load(name, "mempowerspec", **{key: 1e3 * value for key, value in amperes(name).items()})


@pytest.mark.parametrize("name", [name for name in amperes("ddr4-2400") if name.startswith("ipp")])
def test_a_single_current_from_vpp_in_milliamperes_is_refused(name):
    milliamperes = 1e3 * amperes("ddr4-2400")[name]
    if milliamperes:
        with pytest.raises(ArchgymError, match=rf"{name} must be in A: no DRAM draws more than "):
            load("ddr4-2400", "mempowerspec", **{name: milliamperes})


@pytest.mark.parametrize(("voltage", "value"), [("vdd", 1200), ("vdd", 0.0012), ("vpp", 0)])
def test_voltages_in_another_unit_are_refused(voltage, value):
    with pytest.raises(ArchgymError, match=rf"mempowerspec\.{voltage} must be in V, 0\.3 to 5"):
        load("ddr4-2400", "mempowerspec", **{voltage: value})


@pytest.mark.parametrize("name", ["ddr3-1600", "ddr4-2400", "ddr5-4800", "lpddr4-3200"])
def test_currents_that_are_all_zero_are_none(name):
    assert load(name, "mempowerspec", **dict.fromkeys(amperes(name), 0.0)).currents == {}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("ddr4-2400", key) for key in ("idd2n", "idd3n", "idd0", "idd4r", "idd5B", "idd6n")),
        *(("ddr3-1600", "idd2n"), ("ddr5-4800", "idd3n"), ("lpddr4-3200", "idd3n2")),
    ],
)
def test_a_single_current_of_zero_is_refused(name, key):
    message = rf"^mine: memspec\.mempowerspec\.{key} must be above 0, as other currents of its"
    with pytest.raises(ArchgymError, match=message):
        load(name, "mempowerspec", **{key: 0})


@pytest.mark.parametrize("mhz", [0, 1e-9, 1e7, -1])
def test_a_player_clock_that_no_trace_has_is_refused(mhz):
    data = Device.load("ddr4-2400").data | {"player_clock_MHz": mhz}
    with pytest.raises(ArchgymError, match=r"^mine: player_clock_MHz must be a number"):
        Device.from_dict(data, "mine")


def test_a_supply_without_figures_may_be_left_at_zero():
    zero = dict.fromkeys([*(key for key in amperes("ddr4-2400") if "pp" in key), "vpp"], 0.0)
    assert load("ddr4-2400", "mempowerspec", **zero).currents["vpp"] == 0


@pytest.mark.parametrize("factor", [1.5, -1, "1", None, True])
def test_factors_that_are_no_fraction_are_refused(factor):
    with pytest.raises(ArchgymError, match=r"bankwisespec\.factRho must be"):
        load("ddr4-2400", "bankwisespec", factRho=factor)


@given(
    st.sampled_from(Device.names()),
    st.sampled_from([None, -1, 0, 1, 2.5, 10**9, 10**30, True, "1", [], {}, float("nan"), 1e308]),
    st.data(),
)
def test_any_value_is_taken_or_refused_in_one_sentence(name, value, data):
    device = copy.deepcopy(Device.load(name).data)
    section = device["memspec"]
    while isinstance(section[key := data.draw(st.sampled_from(sorted(section)))], dict):
        section = section[key]
    section[key] = value
    message = ""
    try:
        Device.from_dict(device, "mine")
    except ArchgymError as error:
        message = str(error)
    assert message == "" or message.startswith("mine: ")
    assert "\n" not in message
