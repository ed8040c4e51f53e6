"""`charlstm devices`: each choice of devices is timed, and one is advised."""

from __future__ import annotations

import json

import pytest

from model.cli import main
from model.cli.devices import Timing, advice
from model.devices.local_devices import choices
from model.recipe import Precision


def timing(platform: str, devices: int, milliseconds: float, precision: Precision = "float32") -> Timing:
    return Timing(platform, devices, precision, milliseconds / 1000, 1024)


@pytest.mark.parametrize(
    ("timings", "said"),
    [
        ([timing("gpu", 1, 4), timing("cpu", 1, 3), timing("cpu", 2, 2)], "Use --device cpu --devices 2: 2.0 times"),
        ([timing("cpu", 2, 4), timing("cpu", 1, 3)], "Use --device cpu --devices 1: 1.3 times"),
        ([timing("gpu", 1, 4), timing("cpu", 1, 8), timing("cpu", 2, 5)], "The default is as fast as any."),
        ([timing("cpu", 2, 4), timing("cpu", 1, 3.9)], "The default is as fast as any."),
        ([timing("cpu", 2, 4), timing("cpu", 1, 3), timing("cpu", 2, 2, "bfloat16")], "Use --precision bfloat16: 2.0"),
        ([timing("cpu", 2, 4, "bfloat16"), timing("cpu", 2, 3)], "Use --precision float32: 1.3 times"),
    ],
)
def test_the_fastest_choice_is_recommended_if_it_is_worth_it(timings: list[Timing], said: str) -> None:
    assert advice(timings).startswith(said)


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize(
    ("batch", "offered"),
    [(32, [("cpu", 2), ("cpu", 1)]), (2, [("cpu", 1), ("cpu", 2)]), (7, [("cpu", 1)])],
)
def test_the_default_device_is_listed_first(batch: int, offered: list[tuple[str, int]]) -> None:
    assert choices(batch) == offered


@pytest.mark.usefixtures("two_devices")
def test_every_choice_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--hidden", "8", "--json"]) == 0
    timings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["platform"], each["devices"], each["precision"], each["chosen"]) for each in timings] == [
        ("cpu", 2, "float32", True),
        ("cpu", 1, "float32", False),
        ("cpu", 2, "bfloat16", False),
    ]
    assert all(each["step_seconds"] > 0 and each["characters"] == 1024 for each in timings)


@pytest.mark.usefixtures("two_devices")
def test_a_table_and_a_sentence_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--hidden", "8", "--batch", "7"]) == 0
    header, *rows, sentence = capsys.readouterr().out.splitlines()
    assert header.split() == ["platform", "devices", "precision", "ms/step", "characters/s"]
    assert [row.split()[:3] for row in rows] == [["cpu", "1", "float32"], ["cpu", "1", "bfloat16"]]
    assert sentence.startswith(("Use --precision bfloat16: ", "The default is as fast as any."))


def test_a_text_too_short_for_a_batch_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--batch", "4000", "--window", "400"]) == 2
    assert "needs 1,600,001" in capsys.readouterr().err
