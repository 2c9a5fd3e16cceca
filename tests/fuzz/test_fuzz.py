"""A short fuzz of every connector with a fixed seed, and one that Hypothesis leads and makes small."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.registry import NAMES
from tests.fuzz.campaign import Found, Seed, campaign, seeds_of, try_one
from tests.fuzz.mutators import MAX_BYTES, MUTATORS, spoiled

SEED, INPUTS = 20261124, 1_500


@pytest.mark.parametrize("name", NAMES)
def test_no_spoiled_message_raises_anything_but_a_refusal(name: str) -> None:
    found = campaign(name, SEED, lambda so_far: so_far.tried < INPUTS)
    print(f"{name:<18}{found.told()}")
    assert not {kind: told for kind, (_body, told) in found.fell.items()}
    assert found.refused > INPUTS // 4 and found.read > 10, "the inputs must reach further than the door"


@pytest.mark.parametrize("name", NAMES)
def test_no_message_that_hypothesis_spoils_raises_anything_but_a_refusal(name: str) -> None:
    seeds = [seed for seed in seeds_of(name) if len(seed.body) < 20_000]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.sampled_from(seeds), chance=st.randoms(use_true_random=False))
    def spoil(seed: Seed, chance: Random) -> None:
        found = Found()
        try_one(name, seed, spoiled(seed.body, chance), found)
        assert not [told for _body, told in found.fell.values()]

    spoil()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_at_all_are_refused(name: str, body: bytes) -> None:
    found = Found()
    try_one(name, Seed(name="any.bin", body=body), body, found)
    assert not [told for _body, told in found.fell.values()]


@pytest.mark.parametrize("mutator", sorted(set(MUTATORS), key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_each_mutator_changes_something_and_stays_small(mutator) -> None:  # type: ignore[no-untyped-def]
    bodies = [seed.body for name in NAMES for seed in seeds_of(name)[:4]]
    changed = [mutator(body, Random(number)) != body for number, body in enumerate(bodies * 3)]
    assert any(changed) or mutator.__name__ == "inside"
    assert len(spoiled(b"<a>" * 1000, Random(1))) <= MAX_BYTES
