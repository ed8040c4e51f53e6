"""What a run's folder keeps of the screen: written, read, and refused where it is damaged."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.folder import Run
from model.sampling import Sampling, Unit
from tui.engine.runs.settings_file import SettingsFile, read_settings
from tui.keys.screen_settings import NOTHING_SET, KeptLesson, ScreenSettings, StreamSampling, from_text, to_text
from tui.keys.session import Session
from tui.text.colouring import COLOURINGS
from tui.views.baseline_words import ORDERS
from tui.views.chart_settings import ZOOMS, Axis, ChartSettings, Scale, Smoothing
from tui.views.quantities import UNITS

CHART = ChartSettings("logarithmic", "light", "time", 2, lines=False, overlays=False)
SET = ScreenSettings(
    (StreamSampling(1, Sampling(0.5), Sampling(0.7, top_k=5)),), "jack ", 40.0, True, "entropy", True, "bits", CHART, 3
)


@given(
    st.builds(
        ScreenSettings,
        pinned=st.none() | st.text(),
        speed=st.sampled_from(["auto", None, 20.0]),
        odds=st.booleans(),
        colouring=st.sampled_from(COLOURINGS),
        zoomed=st.booleans(),
        unit=st.sampled_from(UNITS),
        baseline=st.none() | st.sampled_from(ORDERS),
        watched=st.none() | st.builds(Unit, st.integers(1, 9), st.integers(1, 999)),
        lesson=st.none()
        | st.builds(
            KeptLesson,
            st.sampled_from(["collapse", "bigger"]),
            st.integers(0, 9),
            st.lists(st.tuples(st.text("abc"), st.floats(0, 9)), max_size=2).map(tuple),
        ),
        chart=st.builds(
            ChartSettings,
            st.sampled_from(get_args(Scale)),
            st.sampled_from(get_args(Smoothing)),
            st.sampled_from(get_args(Axis)),
            st.integers(0, len(ZOOMS) - 1),
            st.booleans(),
            st.booleans(),
        ),
    )
)
def test_settings_are_read_as_they_were_written(settings: ScreenSettings) -> None:
    assert from_text(to_text(settings).encode()) == settings


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"speed": -1}',
        b'{"speed": true}',
        b'{"speed": 1%s}' % (b"0" * 400),
        b'{"pinned": "\\ud800"}',
        b'{"colouring": "rainbow"}',
        b'{"odds": 1}',
        b'{"unit": "metres"}',
        b'{"chart": []}',
        b'{"baseline": 6}',
        b'{"watched": "1"}',
        b'{"watched": 1}',
        b'{"baseline": true}',
        b'{"chart": {"zoom": 4}}',
        b'{"chart": {"zoom": true}}',
        b'{"chart": {"scale": ["linear"]}}',
        b'{"chart": {"lines": 1}}',
        b'{"lesson": {"name": "collapse"}}',
        b'{"lesson": {"name": "collapse", "at": -1}}',
        b'{"lesson": {"name": 3, "at": 1}}',
        b'{"lesson": {"name": "collapse", "at": 1, "losses": [["best"]]}}',
        b'{"pinned": 3}',
        b'{"samplings": [[0, {}]]}',
        b'{"samplings": [[-1, {}, {}]]}',
        b'{"samplings": [[0, {"temperature": 0.5}, {"temperature": -1}]]}',
        b'{"samplings": [[0, {}, {"x": 1}]]}',
    ],
)
def test_a_damaged_file_is_said_and_ignored(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "screen.json").write_bytes(damage)
    settings, note = read_settings(tmp_path)
    assert settings == NOTHING_SET
    assert note == "screen.json is damaged or of a later version, so the screen starts with its usual settings."


def test_without_a_file_nothing_was_set_and_a_folder_in_its_place_is_no_crash(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == (NOTHING_SET, "")
    (tmp_path / "screen.json").mkdir()
    assert read_settings(tmp_path)[1]


def test_the_last_settings_are_written_before_the_screen_closes(tmp_path: Path) -> None:
    file, stopping, said = SettingsFile(), threading.Event(), list[str]()
    file.keep(replace(SET, odds=False))
    file.keep(SET)
    stopping.set()
    file.run(Run(tmp_path), stopping, said.append)
    assert read_settings(tmp_path) == (SET, "")
    (tmp_path / "screen.json").unlink()
    (tmp_path / "screen.json").mkdir()
    file.run(Run(tmp_path), stopping, said.append)
    assert [sentence.split(":")[0] for sentence in said] == ["What you set on the screen cannot be kept"]


def test_a_session_keeps_what_keys_have_set_and_not_what_the_text_announces() -> None:
    session = Session(FAST)
    assert session.settings == NOTHING_SET
    session.hear_sampling(0, Sampling(0.9), 0.0)
    assert session.settings == NOTHING_SET
    session.set_sampling(1, Sampling(0.7, top_k=5), 0.0)
    session.pinned, session.speed, session.odds, session.colouring, session.zoomed = (
        "jack ",
        40.0,
        True,
        "entropy",
        True,
    )
    session.unit, session.chart, session.baseline = "bits", CHART, 3
    assert session.settings == SET
    session.set_sampling(1, Sampling(0.5), 0.0)
    assert session.settings.samplings == ()


def test_samplings_come_back_where_the_recipe_is_still_the_same() -> None:
    session = Session(FAST)
    assert session.restore(SET) == [1]
    assert session.samplings[1] == Sampling(0.7, top_k=5)
    assert (session.odds, session.colouring, session.zoomed) == (True, "entropy", True)
    assert (session.unit, session.chart, session.baseline) == ("bits", CHART, 3)
    assert session.settings.samplings == SET.samplings, "and are kept again"
    other = Session(replace(FAST, temperatures=(0.2, 0.9)))
    assert other.restore(SET) == []
    assert other.samplings == [Sampling(0.2), Sampling(0.9)]
    assert Session(replace(FAST, temperatures=(0.5,))).restore(SET) == []


@pytest.mark.parametrize("recipe", [NOTEBOOK, replace(FAST, temperatures=(0.2, 0.5, 0.8, 1.0, 1.5, 2.0))])
def test_where_streams_write_in_turn_all_but_the_temperature_is_kept(recipe: Recipe) -> None:
    session = Session(recipe)
    session.set_sampling(0, Sampling(3.0), 0.0)
    assert session.settings == NOTHING_SET
    session.set_sampling(0, Sampling(0.3, top_k=5), 0.0)
    assert session.settings.samplings == (StreamSampling(0, Sampling(0.2), Sampling(0.2, top_k=5)),)
    again = Session(recipe)
    assert again.restore(session.settings) == [0]
    assert again.settings == session.settings
    again.hear_sampling(0, Sampling(1.0, top_k=5), 0.0)
    assert again.sampling == Sampling(1.0, top_k=5), "the text says at once at which temperature it is written"
