"""What the writer writes, Python's reader reads back."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.study.toml import dumps

text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.one_of(
    text,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
rows = st.dictionaries(text, scalars, max_size=3)
arrays = st.lists(st.one_of(scalars, rows), max_size=3)
documents = st.dictionaries(
    text,
    st.recursive(
        st.one_of(scalars, arrays), lambda inner: st.dictionaries(text, inner), max_leaves=6
    ),
    max_size=5,
)


@settings(deadline=None, max_examples=50)
@given(documents)
def test_round_trip(document: dict) -> None:
    assert tomllib.loads(dumps(document)) == document
