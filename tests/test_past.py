"""Interactions as arrays, and back."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.behaviour import Interaction
from graph.past import DTYPES, Past

seconds = st.integers(1, 2**40)
moments = st.integers(1, 2**41).map(lambda millis: millis / 1000)
states = st.lists(
    st.builds(
        Interaction,
        plays=st.integers(0, 9),
        completion=st.floats(0, 1, width=32),
        thumb=st.integers(-1, 2),
        first_at=seconds,
        last_at=seconds,
        thumb_at=st.just(0.0) | moments,
        listed=st.booleans(),
        listed_at=moments,
        hidden=st.booleans(),
        hidden_at=moments,
        abandons=st.integers(0, 9),
        playhead=st.floats(0, 1, width=32),
        playhead_at=moments,
    ),
    max_size=8,
)


@given(states, states)
def test_every_line_says_what_the_interaction_said(some: list, others: list):
    past = Past.joined([Past.of(some), Past.of(others)]).taken(slice(None, None, -1))
    said = [past.interaction(at) for at in range(len(past))]
    told = [*some, *others][::-1]
    assert said == told
    assert past.weight.tolist() == [float(np.float32(state.weight)) for state in told]


def test_every_array_is_of_its_type():
    assert list(DTYPES) == [field.name for field in fields(Past)]
    for past in (Past.of([]), Past.joined([]), Past.of([Interaction()])):
        assert {name: values.dtype for name, values in vars(past).items()} == DTYPES
