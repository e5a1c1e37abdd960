"""What failed together is tried again when that heals any of it."""

import pytest

from kerndata.errors import ConfigurationError, Conflict, Fenced, KerndataError, NotChecked, Transient
from kerndata.fetch import PullError
from kerndata.intake.failures import together


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([NotChecked("a"), Transient("b")], Transient),
        ([PullError("a"), Fenced("b")], Transient),
        ([ConfigurationError("a"), NotChecked("b")], NotChecked),
        ([PullError("a"), PullError("b")], PullError),
        ([ConfigurationError("a")], ConfigurationError),
        ([ConfigurationError("a"), Conflict("b")], ConfigurationError),
        ([KerndataError("a"), PullError("b"), ConfigurationError("c")], PullError),
        ([KerndataError("a"), KerndataError("b")], KerndataError),
    ],
)
def test_the_class_says_whether_to_try_again(failures: list[KerndataError], expected: type[KerndataError]) -> None:
    found = together("two done, two not.", [*failures, failures[-1]])
    assert type(found) is expected
    assert str(found) == f"two done, two not. {' | '.join(map(str, dict.fromkeys(map(str, failures))))}"
