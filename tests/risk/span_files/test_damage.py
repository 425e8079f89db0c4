"""However a file is damaged, what comes out is a model or an error in words, never a traceback."""

import random

import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn

SIGNS = b"0123456789 ABC+-<>/!?&;.eE\x00\xff\n\r"


def damaged(text: bytes, chance: random.Random) -> bytes:
    """A text with some bytes changed, left out, doubled or put in."""
    found = bytearray(text)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at, size = chance.randrange(len(found)), chance.choice([1, 2, 5, 20, 200])
        match chance.randrange(4):
            case 0:
                found[at] = chance.choice(SIGNS)
            case 1:
                del found[at : at + size]
            case 2:
                found[at:at] = found[at : at + size]
            case _:
                found[at:at] = bytes(chance.choices(SIGNS, k=size))
    return bytes(found)


@pytest.mark.parametrize(("kind", "write"), [("pa2", write_pa2), ("spn", write_spn)])
@pytest.mark.parametrize("commodities", [None, ["QX1"]], ids=["all", "one"])
def test_damage_is_told(tmp_path, kind, write, commodities):
    whole, path = tmp_path / f"whole.{kind}", tmp_path / f"damaged.{kind}"
    write(synthetic(0, commodities=2, months=2, strikes=2), whole)
    text, chance, told = whole.read_bytes(), random.Random(6), 0  # noqa: S311  # no secret
    for _ in range(200):
        path.write_bytes(damaged(text, chance))
        try:
            read_span(path, commodities)
        except MarginError as error:
            told += 1
            assert error.problem
            assert error.remedy
    assert told > 100
