from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.simulator import Failure, FailureKind


@given(st.sampled_from(get_args(FailureKind)), st.text())
def test_failures_are_read_as_they_were_written(kind, reason):
    failure = Failure(kind, reason)
    assert Failure.from_text(failure.to_text()) == failure


@pytest.mark.parametrize("text", ["", "loses data", "timeout", "refresh: none", "Crash: x"])
def test_other_texts_are_no_failures(text):
    assert Failure.from_text(text) is None
