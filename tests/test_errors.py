import pytest

from archgym.errors import unknown


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sqlit", "did you mean 'sqlite'?"),
        ("SQLITE", "did you mean 'sqlite'?"),
        ("mw", "did you mean 'mW'?"),
        ("zipf", "known: mW, sqlite"),
    ],
)
def test_the_closest_name_is_proposed_in_whatever_case(name: str, hint: str) -> None:
    assert str(unknown("thing", name, ["sqlite", "mW"])) == f"unknown thing {name!r}; {hint}"
