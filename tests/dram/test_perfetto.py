"""What is written is read back by Perfetto's own schema."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.perfetto import TraceWriter

perfetto_trace = pytest.importorskip(
    "perfetto.protos.perfetto.trace.perfetto_trace_pb2", reason="perfetto is not installed"
)

numbers = st.integers(0, 2**64 - 1)


@given(
    time_ns=numbers,
    name=st.text(),
    arguments=st.dictionaries(st.text(), numbers, max_size=3),
    flow=st.one_of(st.none(), numbers),
)
def test_every_value_is_read_back(
    time_ns: int, name: str, arguments: dict[str, int], flow: int | None
) -> None:
    file = io.BytesIO()
    writer = TraceWriter(file)
    outer = writer.track(name)
    inner = writer.track("inner", outer)
    writer.begin(time_ns, inner, name, arguments, flow)
    writer.end(time_ns, inner)

    trace = perfetto_trace.Trace.FromString(file.getvalue())
    first, second, begin, end = trace.packet
    assert len({packet.trusted_packet_sequence_id for packet in trace.packet}) == 1
    assert begin.trusted_packet_sequence_id > 0
    explicit = perfetto_trace.TrackDescriptor.EXPLICIT
    for packet, parent in ((first, False), (second, True)):
        assert packet.track_descriptor.HasField("parent_uuid") == parent
        assert packet.track_descriptor.child_ordering == explicit
    assert (first.track_descriptor.name, second.track_descriptor.name) == (name, "inner")
    assert second.track_descriptor.parent_uuid == first.track_descriptor.uuid == outer
    assert second.track_descriptor.uuid == inner
    assert first.track_descriptor.sibling_order_rank < second.track_descriptor.sibling_order_rank

    assert begin.timestamp == end.timestamp == time_ns
    assert begin.track_event.type == perfetto_trace.TrackEvent.TYPE_SLICE_BEGIN
    assert end.track_event.type == perfetto_trace.TrackEvent.TYPE_SLICE_END
    assert begin.track_event.track_uuid == end.track_event.track_uuid == inner
    assert begin.track_event.name == name
    annotations = begin.track_event.debug_annotations
    assert {item.name: item.uint_value for item in annotations} == arguments
    assert list(begin.track_event.flow_ids) == ([] if flow is None else [flow])
    # Nothing but what the schema knows, and not a byte more than its own writer takes.
    trace.DiscardUnknownFields()
    assert trace.ByteSize() == len(file.getvalue())
