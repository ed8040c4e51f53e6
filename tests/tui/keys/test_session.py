"""Session: the values that keys set, and how they agree with a text that answers a moment later."""

from __future__ import annotations

from dataclasses import replace

from model.recipe import FAST, NOTEBOOK
from model.sampling import Sampling, Unit
from tui.keys.session import Session


def session(speed: float | None = 80.0) -> Session:
    return Session(FAST, speed)


def test_temperature_stays_within_bounds_and_greedy_is_within_reach() -> None:
    knobs = session()
    for _ in range(10):
        knobs.set_setting("temperature", knobs.sampling.stepped("temperature", -1).temperature, 0.0)
    assert knobs.sampling.temperature == 0.0
    assert knobs.set_setting("temperature", 99.0, 0.0) == Sampling(5.0)


def test_steps_add_up_without_drift() -> None:
    knobs = session()
    for _ in range(3):
        knobs.set_setting("temperature", knobs.sampling.stepped("temperature", 1).temperature, 0.0)
    assert knobs.sampling.temperature == 0.35


def test_a_showing_moves_the_knob() -> None:
    knobs = session()
    knobs.hear_sampling(0, Sampling(0.5), 10.0)
    assert knobs.sampling.temperature == 0.5


def test_marks_of_earlier_keys_never_turn_the_knob_back() -> None:
    knobs = session()
    for target in (0.25, 0.3, 0.35):
        knobs.set_setting("temperature", target, 10.0)
    for echo in (0.25, 0.3, 0.35):
        knobs.hear_sampling(0, Sampling(echo), 10.1)
        assert knobs.sampling.temperature == 0.35
    knobs.hear_sampling(0, Sampling(1.0), 10.2)
    assert knobs.sampling.temperature == 1.0


def test_a_key_without_an_echo_is_forgotten_after_a_while() -> None:
    knobs = session()
    knobs.set_setting("temperature", 1.2, 10.0)
    knobs.hear_sampling(0, Sampling(0.5), 11.0)
    assert knobs.sampling.temperature == 1.2
    knobs.hear_sampling(0, Sampling(0.5), 13.0)
    assert knobs.sampling.temperature == 0.5


def test_each_stream_has_a_sampling_and_keys_set_the_selected_one() -> None:
    knobs = session()
    assert [sampling.temperature for sampling in knobs.samplings] == [0.2, 0.5, 1.0, 1.2]
    knobs.selected = 2
    knobs.set_setting("temperature", 0.9, 0.0)
    assert [sampling.temperature for sampling in knobs.samplings] == [0.2, 0.5, 0.9, 1.2]
    assert knobs.sampling == Sampling(0.9)


def test_a_key_for_one_stream_lets_the_text_of_the_others_move_theirs() -> None:
    knobs = session()
    knobs.set_setting("temperature", 0.9, 10.0)
    for stream in (0, 1):
        knobs.hear_sampling(stream, Sampling(0.3), 10.1)
    assert [sampling.temperature for sampling in knobs.samplings] == [0.9, 0.3, 1.0, 1.2]


def test_another_recipe_keeps_what_keys_have_set_where_it_has_such_a_stream() -> None:
    knobs = session()
    knobs.selected = 3
    knobs.set_setting("temperature", 2.0, 0.0)
    knobs.adopt(replace(FAST, temperatures=(0.4, 0.6, 0.8, 1.1)))
    assert [sampling.temperature for sampling in knobs.samplings] == [0.4, 0.6, 0.8, 2.0]
    knobs.adopt(NOTEBOOK)
    assert (knobs.selected, knobs.samplings) == (0, [Sampling(0.2)])


def test_speeds_go_up_to_unlimited_and_below_the_slowest_to_auto() -> None:
    knobs = session()
    assert [knobs.step_speed(+1) for _ in range(5)] == [160, 320, 640, None, None]
    assert [knobs.step_speed(-1) for _ in range(9)] == [640, 320, 160, 80, 40, 20, 10, "auto", 40]


def test_a_speed_from_the_command_line_steps_to_its_neighbours() -> None:
    assert session(100.0).step_speed(+1) == 160
    assert session(100.0).step_speed(-1) == 40
    assert session(5.0).step_speed(-1) == "auto"
    assert session(5000.0).step_speed(+1) is None


def test_colours_of_a_unit_are_left_out_while_none_is_looked_at() -> None:
    session = Session(FAST)
    assert [session.step_colouring() for _ in range(4)] == ["surprisal", "entropy", "copied", "off"]
    session.watched = Unit(1, 57)
    assert [session.step_colouring() for _ in range(5)] == ["surprisal", "entropy", "copied", "unit", "off"]
