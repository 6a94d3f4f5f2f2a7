import pytest

from archgym import traces
from archgym.errors import ArchgymError


def test_columns_come_in_any_order_and_all_but_the_address_are_optional(write, columns):
    path = write(b'"initiator" , address\r\n7,0x40\n 8 ,\t128\n')
    trace = traces.read(path, 1000, size=32, reads_only=True)
    assert columns(trace) == {
        "arrival_ps": [0, 1000],
        "address": [64, 128],
        "is_write": [False, False],
        "size": [32, 32],
        "initiator": [7, 8],
    }


def test_without_arrivals_a_clock_is_needed(write):
    with pytest.raises(ArchgymError, match="gets one request per cycle: clock_mhz"):
        traces.read(write(b"address,is_write\n64,0\n"))


def test_reads_and_writes_are_never_guessed(write, columns):
    path = write(b"address\n64\n")
    with pytest.raises(ArchgymError, match=r"app: there is no column 'is_write'.*--reads-only"):
        traces.read(path, 1000)
    assert columns(traces.read(path, 1000, reads_only=True))["is_write"] == [False]
    path = write(b"address,is_wrte\n64,1\n")
    with pytest.raises(ArchgymError, match="column 'is_wrte'; did you mean 'is_write'"):
        traces.read(path, 1000, reads_only=True)
    path = write(b"address,is_write\n64,0\n64,1\n")
    with pytest.raises(ArchgymError, match=r"app:3: writes, in spite of reads_only"):
        traces.read(path, 1000, reads_only=True)


def test_an_empty_size_states_none(write, tmp_path, columns):
    trace = traces.read(write(b"arrival_ps,address,is_write,size\n0,64,0,\n5,1,1,7\n"))
    assert columns(trace)["size"] == [0, 7]
    traces.write(trace, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "arrival_ps,address,is_write,size,initiator\n0,64,0,,0\n5,1,1,7,0\n"
    )
    for row in (b"0,64,,64", b",64,0,64", b"0,,0,64"):
        with pytest.raises(ArchgymError, match=":2: expected"):
            traces.read(write(b"arrival_ps,address,is_write,size\n" + row + b"\n"))


def test_what_a_trace_does_not_state_has_no_column(write, tmp_path):
    trace = traces.read(write(b"LD 0x40\nST 0x88\n"), 1000)
    assert traces.write(trace, tmp_path / "out.csv") == []
    assert (tmp_path / "out.csv").read_text() == "address,is_write,initiator\n64,0,0\n136,1,0\n"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("address,adress", "2: unknown column 'adress'; did you mean 'address'?"),
        ("address,size,size", "2: column 'size' is there twice"),
        ("size,is_write", "2: there is no column 'address'"),
        ("address,", "2: unknown column ''"),
    ],
)
def test_headers_are_checked(write, header, message):
    path = write(f"# x\n{header}\n1,1,1\n".encode())
    with pytest.raises(ArchgymError) as error:
        traces.read(path, 1000)
    assert f"{path}:{message}" in str(error.value)


@pytest.mark.parametrize(
    "row",
    ["1", "1,0,0", "1,", ",1", ",", "1,2", "-1,0", "1.0,0", "x,0", '"1",0', "1,true", "1e3,0"],
)
def test_rows_are_checked(write, row):
    path = write(f"address,is_write\n1,0\n{row}\n".encode())
    with pytest.raises(ArchgymError) as error:
        traces.read(path, 1000)
    assert str(error.value).startswith(f"{path}:3: expected 'address,is_write' in whole numbers")


def test_a_header_alone_is_an_empty_trace(write):
    with pytest.raises(ArchgymError, match="is empty"):
        traces.read(write(b"address\n"), 1000)


def test_descending_arrivals_are_named(write):
    path = write(b"arrival_ps,address\n5,0\n\n4,0\n")
    with pytest.raises(ArchgymError, match=r":4: picosecond 4 comes before picosecond 5"):
        traces.read(path)
