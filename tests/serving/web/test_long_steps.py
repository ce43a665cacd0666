"""A step that takes longer than a request waits goes on, is taken once, and tells what came of it."""

from __future__ import annotations

import threading

import pytest

from serving.web.long_steps import LongSteps, StillAtWork


def test_who_asks_again_waits_for_the_same_work() -> None:
    steps, go_on, begun = LongSteps(patience=0.05), threading.Event(), []

    def freeze() -> str:
        begun.append(1)
        go_on.wait(10)
        return "frozen"

    for _ in range(2):
        with pytest.raises(StillAtWork, match=r"still at work.*asking again is harmless"):
            steps.take("freeze P", freeze)
    assert begun == [1]
    steps.patience = 10
    threading.Timer(0.05, go_on.set).start()
    assert steps.take("freeze P", freeze) == "frozen"
    assert begun == [1]


def test_a_step_that_is_done_is_forgotten_and_its_fault_is_raised() -> None:
    steps, runs = LongSteps(patience=10), []

    def fail() -> None:
        runs.append(1)
        raise ValueError("no such plan")

    for _ in range(2):
        with pytest.raises(ValueError, match="no such plan"):
            steps.take("draw P", fail)
    assert runs == [1, 1]


def test_a_timeout_of_the_step_itself_is_no_patience_at_an_end() -> None:
    def fail() -> None:
        raise TimeoutError("the lake is slow")

    with pytest.raises(TimeoutError, match="the lake is slow"):
        LongSteps(patience=10).take("draw P", fail)
