"""The ledger opens with the driver that is installed."""

import pytest

from kerndata.ledger import open_ledger


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2"])
def test_psycopg2_is_used_whether_the_url_names_it_or_not(scheme: str) -> None:
    engine = open_ledger(f"{scheme}://kerndata:p%40ss@127.0.0.1:1/ledger").engine

    assert engine.driver == "psycopg2"
    assert engine.url.password == "p@ss"
