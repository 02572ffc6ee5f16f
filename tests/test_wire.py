"""Messages put together from parts are those that protobuf makes."""

import pytest

from playbill.v1 import page_pb2
from server import wire


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (150, "9601"), (16_384, "808001")],
)
def test_numbers_are_varints(value: int, encoded: str) -> None:
    assert wire.number(value).hex() == encoded


@pytest.mark.parametrize("length", [0, 1, 200, 20_000])
def test_a_row_with_its_cards(length: int) -> None:
    cards = [page_pb2.Card(), page_pb2.Card(name="n" * length), page_pb2.Card(year=1999)]
    together = wire.repeated(page_pb2.Row, "cards", [card.SerializeToString() for card in cards])
    row = page_pb2.Row(row_id="a", heading="A")
    assert page_pb2.Row.FromString(row.SerializeToString() + together) == page_pb2.Row(
        row_id="a", heading="A", cards=cards
    )
    assert page_pb2.Row.FromString(wire.repeated(page_pb2.Row, "cards", [])) == page_pb2.Row()
