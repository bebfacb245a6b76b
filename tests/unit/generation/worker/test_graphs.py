from __future__ import annotations

import itertools

import pytest

from generation.worker.graphs import TOKENS, Rest, Shape, example_of, rest_of

OWN = Shape(2, 128, 128, TOKENS)
RESTS = [
    Rest(single, halves)
    for single in (True, False)
    for halves in ((True, True), (True, False), (False, True))
]


@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("own", [OWN, Shape(2, 90, 121, TOKENS)])
def test_a_shared_graph_is_made_by_a_call_that_it_is_for(rest: Rest, own: Shape) -> None:
    assert rest_of(example_of(rest, own, 4), 4) == rest


def test_a_shared_graph_is_made_by_no_size_that_is_one() -> None:
    for rest in RESTS:
        example = example_of(rest, OWN, 4)
        assert min(example.height, example.width, example.tokens) > 1
        assert (example.batch == 1) == rest.single


def test_every_size_belongs_to_one_of_the_shared_graphs() -> None:
    found = {
        rest_of(Shape(batch, height, width, TOKENS), 4)
        for batch, height, width in itertools.product((1, 2, 8), range(8, 17), range(8, 17))
    }
    assert found == set(RESTS)


def test_a_decoder_never_minds_how_often_a_side_can_be_halved() -> None:
    found = {rest_of(Shape(1, height, width), 1) for height in (7, 8) for width in (9, 10)}
    assert found == {Rest(single=True, halves=(True, True))}
