"""Writes traces for ui.perfetto.dev: slices of time on nested tracks, joined by flows.

The format is Perfetto's own (protos/perfetto/trace/trace.proto and what it includes): unlike the
JSON that Chrome writes it lets tracks nest to any depth and puts them in order. Of protocol buffers
it needs no more than the few lines at the end of this module.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import BinaryIO

_SEQUENCE = 1

# Numbers of the fields that are used, by message, and of enumerators.
_TRACE_PACKET = 1
_PACKET_TIMESTAMP, _PACKET_SEQUENCE_ID, _PACKET_TRACK_EVENT, _PACKET_TRACK = 8, 10, 11, 60
_TRACK_UUID, _TRACK_NAME, _TRACK_PARENT, _TRACK_CHILD_ORDER, _TRACK_RANK = 1, 2, 5, 11, 12
_EVENT_ANNOTATION, _EVENT_TYPE, _EVENT_TRACK, _EVENT_NAME, _EVENT_FLOW = 4, 9, 11, 23, 47
_ANNOTATION_UINT, _ANNOTATION_NAME = 3, 10
_BEGIN, _END = 1, 2
_EXPLICIT_ORDER = 3


class TraceWriter:
    """Writes one trace, in order of time.

    Args:
        file: Where it goes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._tracks = 0
        self._sequence = _number(_PACKET_SEQUENCE_ID, _SEQUENCE)

    def track(self, name: str, parent: int | None = None) -> int:
        """Adds a track below those that were added before it.

        Siblings of the same name are shown as one track of several lanes.

        Args:
            name: What it is called.
            parent: The track that it is nested in.

        Returns:
            What the other methods know it by.
        """
        self._tracks += 1
        self._packet(
            _message(
                _PACKET_TRACK,
                _number(_TRACK_UUID, self._tracks)
                + (b"" if parent is None else _number(_TRACK_PARENT, parent))
                + _text(_TRACK_NAME, name)
                + _number(_TRACK_CHILD_ORDER, _EXPLICIT_ORDER)
                + _number(_TRACK_RANK, self._tracks),
            )
        )
        return self._tracks

    def begin(
        self,
        time_ns: int,
        track: int,
        name: str,
        arguments: Mapping[str, int],
        flow: int | None = None,
    ) -> None:
        """Begins a slice on a track, inside any that has begun there and not ended.

        Args:
            time_ns: When, in nanoseconds.
            track: Where.
            name: What it is called.
            arguments: Further numbers to show, 0 or more.
            flow: Arrows lead from each slice of a flow to its next one.
        """
        event = _number(_EVENT_TYPE, _BEGIN) + _number(_EVENT_TRACK, track)
        event += _text(_EVENT_NAME, name)
        for argument, value in arguments.items():
            annotation = _text(_ANNOTATION_NAME, argument) + _number(_ANNOTATION_UINT, value)
            event += _message(_EVENT_ANNOTATION, annotation)
        if flow is not None:
            event += _fixed64(_EVENT_FLOW, flow)
        self._event(time_ns, event)

    def end(self, time_ns: int, track: int) -> None:
        """Ends the slice on a track that has begun last."""
        self._event(time_ns, _number(_EVENT_TYPE, _END) + _number(_EVENT_TRACK, track))

    def _event(self, time_ns: int, event: bytes) -> None:
        self._packet(_number(_PACKET_TIMESTAMP, time_ns) + _message(_PACKET_TRACK_EVENT, event))

    def _packet(self, content: bytes) -> None:
        self._file.write(_message(_TRACE_PACKET, content + self._sequence))


# Most are numbers of fields, lengths and tracks, again and again.
@lru_cache(maxsize=4096)
def _varint(value: int) -> bytes:
    """Seven bits per byte, lowest first; the eighth says whether more follow."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _fixed64(field: int, value: int) -> bytes:
    return _varint(field << 3 | 1) + value.to_bytes(8, "little")


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content
