"""What a person is shown of the lines that an import refused."""

import random

from graph.sources.refusal import ALIKE, COUNTED, SHOWN, Refusal, shown


def refusals(reasons: list[str]) -> list[Refusal]:
    return [Refusal("f.csv", line, reason) for line, reason in enumerate(reasons, 1)]


def told(lines: list[str]) -> int:
    """How many refusals the lines tell of, counted or named."""
    counts = [line.removeprefix("and ").split(" more")[0] for line in lines if " more" in line]
    return len(lines) - len(counts) + sum(int(count.replace(",", "")) for count in counts)


def test_few_are_named_in_the_order_of_the_file() -> None:
    some = refusals(["a", "b", "a"])
    random.Random(0).shuffle(some)
    assert shown(some) == ["f.csv, line 1: a", "f.csv, line 2: b", "f.csv, line 3: a"]
    assert shown([]) == []


def test_one_reason_is_told_a_few_times_and_then_counted() -> None:
    lines = shown(refusals(["same"] * 1_500 + ["other"]))
    assert lines[:ALIKE] == [f"f.csv, line {n}: same" for n in range(1, ALIKE + 1)]
    assert lines[ALIKE:] == ["f.csv, line 1501: other", f"{1_500 - ALIKE:,} more: same"]


def test_none_goes_untold() -> None:
    for reasons in (
        [f"title {n}" for n in range(300)],
        [f"title {n}" for n in range(70) for _ in range(5)],
        ["x"] * 40 + [f"title {n}" for n in range(80)] + ["yesterday", "x"],
    ):
        lines = shown(refusals(reasons))
        assert told(lines) == len(reasons)
        assert len(lines) <= SHOWN + COUNTED + 1
