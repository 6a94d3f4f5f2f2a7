import pytest

from archgym.dram.controller import PARAMETERS


def test_default_design_is_the_documented_one():
    assert {name: parameter.default for name, parameter in PARAMETERS.items()} == {
        "AddressMapping": "Device",
        "PagePolicy": "OpenAdaptive",
        "Scheduler": "FrFcfs",
        "LowWatermark": 2,
        "HighWatermark": 8,
        "RowHitCap": 4,
        "SchedulerBuffer": "Bankwise",
        "RequestBufferSize": 8,
        "RequestBufferSizeRead": 8,
        "RequestBufferSizeWrite": 8,
        "CmdMux": "Oldest",
        "RespQueue": "Fifo",
        "RefreshPolicy": "AllBank",
        "RefreshMaxPostponed": 0,
        "RefreshMaxPulledin": 0,
        "PowerDownPolicy": "NoPowerDown",
        "Arbiter": "Simple",
        "MaxActiveTransactions": 128,
        "ArbitrationDelayFw": 0,
        "ArbitrationDelayBw": 0,
        "ThinkDelayFw": 1,
        "ThinkDelayBw": 0,
        "PhyDelayFw": 0,
        "PhyDelayBw": 0,
    }


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_parameters_are_described(name):
    assert PARAMETERS[name].name == name
    assert PARAMETERS[name].description.endswith(".")
