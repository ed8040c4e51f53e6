"""The writer with a generator that only counts: pacing, showings, and what each key does to the next character."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from model.sampling import Sampling
from model.writing.provenance import Sample
from tests.patience import PATIENCE
from tests.tui.engine.writing.desk import (
    RECIPE,
    TEMPERATURES,
    CountingGenerator,
    Desk,
    letters,
    settled,
    show,
    starts,
    text_of,
)
from tui.engine.generating.generator_protocol import Begun, Weights
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.pace import CHUNK
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import ShowEpoch, TrainingOver, WriterCommand
from tui.keys.key_commands import PauseWriting, Reseed, SetSampling, SetSpeed, WriteNow, WriteOne

# Pacing


def test_characters_are_written_only_when_they_are_due() -> None:
    desk = Desk()
    desk.pass_time(0.92)
    assert len(letters(desk.drain())) == 10  # the first at once, then ten a second
    desk.pass_time(0.06)
    assert not desk.drain()
    desk.pass_time(0.94)
    assert len(letters(desk.drain())) == 10


def test_a_long_delay_is_made_up_for_only_in_small_part() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain()
    desk.now += 60
    desk.pass_time(0.0)
    assert len(letters(desk.drain())) <= 3


def test_a_short_delay_is_made_up_for() -> None:
    desk = Desk()
    desk.pass_time(0.0)
    desk.now += 0.2
    desk.pass_time(0.0)
    assert len(letters(desk.drain())) == 3


def test_fast_writing_goes_in_chunks_and_slow_writing_does_not() -> None:
    desk = Desk()
    desk.obey(SetSpeed(200))
    desk.pass_time(0.04)
    assert set(desk.generator.calls) == {1}
    desk = Desk()
    desk.obey(SetSpeed(640))
    desk.pass_time(0.02)
    assert desk.generator.calls == [CHUNK, CHUNK]
    desk.pass_time(0.02)
    assert desk.generator.calls == [CHUNK, CHUNK, 1, 1, 1, 1]  # never past the sample's end
    assert len(text_of(desk.drain())) == RECIPE.sample_length


def test_unlimited_writing_fills_the_buffer_and_waits_there() -> None:
    desk = Desk(replace(RECIPE, sample_length=10_000))
    desk.obey(SetSpeed(None))
    desk.pass_time(0.5)
    assert desk.buffer.room() < CHUNK
    desk.drain(100)
    desk.pass_time(0.02)
    assert desk.buffer.room() < CHUNK
    assert text_of(desk.seen + desk.drain()).startswith("abcdefghijklmnopqrstuvwxyzab")


def test_a_new_speed_counts_from_now() -> None:
    desk = Desk(replace(RECIPE, sample_length=1000))
    desk.obey(SetSpeed(0.1))
    desk.pass_time(1.0)
    desk.obey(SetSpeed(100))
    desk.pass_time(1.0)
    assert len(letters(desk.drain())) == 102


# The first sample


def test_the_untrained_network_writes_one_sample() -> None:
    desk = Desk(epoch=None)
    assert not desk.watch(1.0)
    desk.generator.epoch = 0
    items = desk.watch(10.0)
    assert items[:2] == [SampleStart(0, Sampling(TEMPERATURES[2]), 0, 0, kind="first"), Seed("seed01", ())]
    assert len(letters(items)) == RECIPE.sample_length
    assert items[-1] == SampleEnd("the next epoch")
    assert desk.idles == 0
    assert not desk.watch(10.0)


def test_without_a_third_temperature_the_last_is_taken() -> None:
    desk = Desk(replace(RECIPE, temperatures=(0.3, 0.7)))
    assert starts(desk.watch(0.1)) == [SampleStart(1, Sampling(0.7), 0, 0, kind="first")]


def test_keys_pressed_before_there_are_weights_shape_the_first_sample() -> None:
    desk = Desk(epoch=None)
    desk.obey(SetSampling(Sampling(0.9)), Reseed("Once"), WriteOne())
    desk.watch(0.5)
    desk.generator.epoch = 0
    assert desk.watch(0.5)[:2] == [SampleStart(0, Sampling(0.9), 0, 0, kind="first"), Seed("Once", ())]


# Showings


def test_an_epoch_is_shown_at_every_temperature_from_one_seed() -> None:
    desk = settled()
    show(desk, 1)
    items = desk.watch(10.0)
    assert starts(items) == [
        SampleStart(1, Sampling(temperature), part, 4) for part, temperature in enumerate(TEMPERATURES, start=1)
    ]
    assert [item for item in items if isinstance(item, Seed)] == [Seed("seed02", ())] * 4
    assert desk.generator.seeds[1:] == [None, "seed02", "seed02", "seed02"]
    ends = [item for item in items if isinstance(item, SampleEnd)]
    assert ends == [SampleEnd("")] * 3 + [SampleEnd("the next epoch")]
    assert desk.idles == 1
    for sample, temperature in zip(desk.samples, TEMPERATURES, strict=True):
        assert sample.sampling == ((0, Sampling(temperature)),)
        assert sample.text == "abcdefghijklmnopqrst"
        assert (sample.epoch, sample.seed) == (1, "seed02")


def test_chained_samples_continue_one_another() -> None:
    desk = Desk(replace(RECIPE, chain_samples=True), epoch=0)
    desk.watch(3.0)
    desk.seen.clear()
    show(desk, 1)
    items = desk.watch(10.0)
    assert desk.generator.seeds[1:] == [None]
    assert [item.text for item in items if isinstance(item, Seed)] == ["seed02", "opqrst", "ijklmn", "cdefgh"]
    assert [item.entropy for item in letters(items)] == list(range(4 * RECIPE.sample_length))


def test_the_seed_of_a_chained_sample_keeps_its_unknown_characters() -> None:
    desk = Desk(replace(RECIPE, chain_samples=True, sample_length=2, temperatures=(0.5, 1.0)), epoch=0)
    desk.generator.begin = lambda streams, text, noise_seed: Begun(Seed("ab?d?f", (2, 4)), 7)
    show(desk, 1)
    seeds = [item for item in desk.watch(1.0) if isinstance(item, Seed)]
    assert seeds == [Seed("ab?d?f", (2, 4)), Seed("?d?fab", (0, 2))]


def test_an_epoch_never_cuts_a_sample_short_and_the_newest_weights_follow() -> None:
    desk = Desk(epoch=0)
    desk.watch(0.5)
    for epoch in (1, 2, 3):
        show(desk, epoch)
        desk.watch(0.2)
    desk.generator.epoch = 4  # published, and not yet announced
    items = desk.watch(20.0)
    assert [len(sample.text) for sample in desk.samples] == [RECIPE.sample_length] * 5
    assert {start.epoch for start in starts(items)} == {4}
    assert SampleEnd("") in items
    assert desk.idles == 1


def test_an_epoch_during_a_showing_waits_until_the_showing_is_over() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(3.0)
    show(desk, 2)
    items = desk.watch(20.0)
    assert [start.epoch for start in starts(desk.seen)] == [1] * 4 + [2] * 4
    assert desk.idles == 1, "training resumes when nothing is left to be shown"
    assert items[-1] == SampleEnd("the next epoch")


def test_an_epoch_whose_weights_were_shown_already_is_not_shown_again() -> None:
    desk = settled()
    desk.generator.epoch = 2
    desk.obey(ShowEpoch(1))
    desk.watch(1.0)
    desk.obey(ShowEpoch(2))
    desk.watch(20.0)
    assert len(starts(desk.seen)) == 4
    assert desk.idles == 1
    desk.obey(ShowEpoch(2))
    assert desk.idles == 2, "training that waits for this showing must not wait forever"


def test_a_sample_broken_off_is_kept_before_other_weights_are_loaded() -> None:
    desk = Desk()
    loaded: list[int] = []
    original = desk.generator.load_weights

    def load_weights(best: bool, whole: bool = False) -> Weights | None:
        loaded.append(len(desk.samples))
        return original(best, whole)

    desk.pass_time(0.5)
    desk.drain()
    desk.generator.load_weights = load_weights
    desk.obey(WriteNow())
    assert loaded == [1], "it was written with the weights before"


def test_after_training_the_writer_waits_for_a_key() -> None:
    desk = settled()
    desk.obey(TrainingOver())
    assert desk.drain() == [SampleEnd("a key (g)")]
    desk.obey(WriteNow())
    assert desk.watch(5.0)[-1] == SampleEnd("a key (g)")


# Temperature


def test_a_temperature_change_takes_effect_on_the_next_character_of_the_screen() -> None:
    desk = Desk()
    desk.pass_time(0.55)
    seen = desk.drain(5)  # heading, seed and three characters; three more wait unseen
    assert text_of(seen) == "abc"
    desk.obey(SetSampling(Sampling(1.2)))
    assert desk.generator.taken_back == [3]
    desk.pass_time(0.5)
    after = desk.drain()
    assert after[0] == SamplingChange(Sampling(1.2))
    assert {item.probability for item in letters(after)} == {1.2}
    assert text_of(after).startswith("def")


def test_what_was_taken_back_is_written_again_without_delay() -> None:
    desk = Desk()
    desk.pass_time(0.55)
    desk.drain(6)
    desk.obey(SetSampling(Sampling(1.2)))
    desk.pass_time(0.0)
    assert text_of(desk.drain()) == "ef"


def test_changes_before_the_next_character_are_one_mark() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain()
    desk.obey(SetSampling(Sampling(0.2)), SetSampling(Sampling(0.3)), SetSampling(Sampling(0.4)))
    desk.pass_time(0.1)
    assert [item for item in desk.drain() if not isinstance(item, Written)] == [SamplingChange(Sampling(0.4))]


def test_a_change_back_leaves_no_mark() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain()
    desk.obey(SetSampling(Sampling(0.2)), SetSampling(Sampling(TEMPERATURES[2])))
    desk.pass_time(0.5)
    items = desk.drain()
    assert items == letters(items)
    assert {item.probability for item in letters(items)} == {TEMPERATURES[2]}


def test_unseen_characters_between_two_changes_are_drawn_again() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain()
    desk.obey(SetSampling(Sampling(0.2)))
    desk.pass_time(0.3)
    desk.obey(SetSampling(Sampling(0.4)))
    desk.pass_time(0.0)
    items = desk.drain()
    assert items[0] == SamplingChange(Sampling(0.4))
    assert {item.probability for item in letters(items)} == {0.4}
    assert text_of(desk.seen) == "abcdefghijklmnopqrstuvwxyz"[: len(letters(desk.seen))]


def test_a_mark_that_was_seen_stays_and_the_next_follows_it() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.obey(PauseWriting(True), SetSampling(Sampling(0.2)))
    desk.drain()
    desk.obey(SetSampling(Sampling(0.4)))
    assert desk.drain() == [SamplingChange(Sampling(0.4))]
    desk.obey(SetSampling(Sampling(0.2)), SetSampling(Sampling(0.4)))
    assert desk.drain() == []


def test_a_steered_sample_gets_its_full_length_again() -> None:
    desk = Desk()
    desk.watch(1.0)
    written = len(letters(desk.seen))
    desk.obey(SetSampling(Sampling(0.5)))
    desk.watch(10.0)
    (sample,) = desk.samples
    assert len(sample.text) == written + RECIPE.sample_length
    assert sample.sampling == ((0, Sampling(TEMPERATURES[2])), (written, Sampling(0.5)))


def test_a_temperature_key_after_the_end_continues_the_sample() -> None:
    desk = settled()
    desk.obey(SetSampling(Sampling(0.5)))
    items = desk.watch(10.0)
    assert items[0] == SamplingChange(Sampling(0.5))
    assert not starts(items)
    assert [item.entropy for item in letters(items)] == list(range(20, 40))
    assert items[-1] == SampleEnd("the next epoch")
    (sample,) = desk.samples
    assert (sample.seed, sample.text, sample.part) == ("opqrst", text_of(items), 0)
    assert sample.sampling == ((0, Sampling(0.5)),)


def test_a_showing_continues_with_its_own_temperatures_after_a_steered_part() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(1.0)
    desk.obey(SetSampling(Sampling(0.77)))
    items = desk.watch(20.0)
    assert [start.sampling.temperature for start in starts(items)] == list(TEMPERATURES[1:])


# Reseeding and writing now


def test_reseeding_begins_the_same_part_again_from_another_seed() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(3.0)
    desk.obey(SetSampling(Sampling(0.6)))
    desk.pass_time(0.1)
    before, seen = len(desk.generator.taken_back), len(letters(desk.seen))
    desk.obey(Reseed("Thus spoke"))
    items = desk.watch(20.0)
    assert items[:3] == [SampleEnd(""), SampleStart(1, Sampling(0.6), 2, 4), Seed("Thus spoke", ())]
    assert len(desk.generator.taken_back) == before
    assert [start.part for start in starts(items)] == [2, 3, 4]
    assert desk.generator.seeds[-3:] == ["Thus spoke"] * 3
    assert [(sample.part, len(sample.text)) for sample in desk.samples] == [
        (1, 20),
        (2, seen - 20),
        (2, 20),
        (3, 20),
        (4, 20),
    ]


def test_a_random_reseed_rules_the_rest_of_the_showing() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(0.5)
    desk.obey(Reseed())
    desk.watch(20.0)
    assert desk.generator.seeds[1:] == [None, None, "seed03", "seed03", "seed03"]


def test_nothing_unseen_of_the_old_sample_appears_after_a_reseed() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain(4)
    desk.obey(Reseed())
    assert not letters(desk.drain())
    assert [sample.text for sample in desk.samples] == ["ab"]


def test_reseeding_when_idle_writes_a_sample_with_the_newest_weights() -> None:
    desk = settled()
    desk.generator.epoch = 7
    desk.obey(Reseed("Once"))
    items = desk.watch(5.0)
    assert items[:2] == [SampleStart(7, Sampling(TEMPERATURES[2]), 0, 0, kind="key"), Seed("Once", ())]
    assert len(letters(items)) == RECIPE.sample_length


def test_reseeding_a_sample_of_its_own_takes_the_newest_weights() -> None:
    desk = settled()
    desk.obey(WriteNow())
    desk.watch(0.5)
    desk.generator.epoch = 7
    desk.obey(Reseed())
    assert starts(desk.watch(0.5)) == [SampleStart(7, Sampling(TEMPERATURES[2]), 0, 0, kind="key")]


def test_writing_now_drops_the_rest_of_a_showing() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(3.0)
    desk.obey(SetSampling(Sampling(0.9)))
    desk.generator.epoch = 2
    desk.obey(WriteNow())
    assert desk.idles == 1
    items = desk.watch(20.0)
    assert starts(items) == [SampleStart(2, Sampling(0.9), 0, 0, kind="key")]
    assert desk.idles == 1
    assert items[-1] == SampleEnd("the next epoch")


def test_writing_now_keeps_the_epoch_that_waits_to_be_shown() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(1.0)
    show(desk, 2)
    desk.obey(WriteNow())
    items = desk.watch(30.0)
    assert [start.parts for start in starts(items)] == [0, 4, 4, 4, 4]
    assert desk.idles == 1


# Pausing


def test_a_pause_holds_exactly() -> None:
    desk = Desk()
    desk.pass_time(0.55)
    desk.drain(5)
    desk.obey(PauseWriting(True))
    assert desk.generator.taken_back == [3]
    assert desk.watch(5.0) == []
    desk.obey(PauseWriting(False))
    assert text_of(desk.watch(0.3)).startswith("de")
    assert text_of(desk.seen).startswith("abcde")


def test_a_pause_keeps_the_mark_of_a_change_that_was_not_shown() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.drain()
    desk.obey(SetSampling(Sampling(0.5)), PauseWriting(True))
    assert desk.drain() == [SamplingChange(Sampling(0.5))]


def test_one_character_for_each_press_while_paused() -> None:
    desk = Desk()
    desk.pass_time(0.1)
    desk.obey(PauseWriting(True))
    desk.drain()
    desk.obey(WriteOne())
    assert len(letters(desk.watch(2.0))) == 1
    desk.obey(WriteOne(), WriteOne(), SetSampling(Sampling(0.4)), WriteOne())
    items = desk.watch(2.0)
    assert items[0] == SamplingChange(Sampling(0.4))
    assert [item.probability for item in letters(items)] == [0.4] * 3


def test_a_pause_said_twice_takes_nothing_back() -> None:
    desk = Desk()
    desk.pass_time(0.1)
    desk.obey(PauseWriting(True), WriteOne())
    desk.drain()
    desk.pass_time(0.1)
    desk.obey(PauseWriting(True))
    assert len(letters(desk.drain())) == 1


def test_a_pause_does_not_shorten_the_sample() -> None:
    desk = Desk()
    desk.pass_time(0.55)
    desk.obey(PauseWriting(True), PauseWriting(False))
    desk.watch(5.0)
    assert [len(sample.text) for sample in desk.samples] == [RECIPE.sample_length]


def test_single_steps_count_for_nothing_once_writing_resumes() -> None:
    desk = Desk()
    desk.pass_time(0.1)
    desk.obey(WriteOne(), PauseWriting(True), WriteOne(), WriteOne(), PauseWriting(False), PauseWriting(True))
    desk.drain()
    assert desk.watch(2.0) == []


def test_a_paused_writer_takes_a_new_seed_and_stays_paused() -> None:
    desk = Desk()
    desk.pass_time(0.5)
    desk.obey(PauseWriting(True), Reseed("Once"))
    assert desk.watch(2.0)[-1] == Seed("Once", ())


def test_an_epoch_does_not_move_a_paused_writer() -> None:
    desk = settled()
    desk.obey(PauseWriting(True))
    show(desk, 1)
    assert desk.watch(2.0) == []
    desk.obey(WriteOne())
    assert len(letters(desk.watch(1.0))) == 1


# Whatever happens

COMMANDS = st.one_of(
    st.sampled_from([0.2, 0.5, 1.0]).map(lambda temperature: SetSampling(Sampling(temperature))),
    st.sampled_from([None, "Once"]).map(Reseed),
    st.just(WriteNow()),
    st.booleans().map(PauseWriting),
    st.just(WriteOne()),
    st.sampled_from([5, 100, 640, None]).map(SetSpeed),
    st.integers(1, 5).map(ShowEpoch),
    st.just(TrainingOver()),
)
ACTIONS = st.one_of(COMMANDS, st.floats(0, 0.5), st.integers(1, 300))


@settings(deadline=None)
@given(st.lists(ACTIONS, max_size=40), st.booleans())
def test_the_stream_is_always_well_formed(actions: list[WriterCommand | float | int], chain: bool) -> None:
    """Keys, time and a screen that drains in any order: every character is drawn at the temperature last announced."""
    desk = Desk(replace(RECIPE, chain_samples=chain), epoch=0, capacity=16)
    for action in actions:
        if isinstance(action, int):
            desk.drain(action)
        elif isinstance(action, float):
            desk.pass_time(action)
        else:
            desk.obey(action)
    desk.drain()
    announced: float | None = None
    place = 0
    for item in desk.seen:
        match item:
            case SampleStart():
                announced = item.sampling.temperature
            case Seed():
                place = -1
            case SamplingChange():
                assert item.sampling.temperature != announced
                announced = item.sampling.temperature
            case Written():
                assert item.probability == announced
                assert place == -1 or item.entropy == place, "a character is missing or doubled"
                place = int(item.entropy) + 1
    for sample in desk.samples:
        assert sample.text
        offsets = [offset for offset, _ in sample.sampling]
        assert offsets[0] == 0
        assert offsets == sorted(set(offsets))
        assert offsets[-1] < len(sample.text)


# The thread


def test_the_thread_takes_commands_at_once_and_ends_promptly() -> None:
    generator, buffer = CountingGenerator(), TokenBuffer()
    samples: list[Sample] = []
    writer = Writer(generator, buffer, replace(RECIPE, sample_length=10_000), samples.append, lambda: None)
    writer.send(SetSpeed(0.001))
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    seen = wait_for(buffer, Written)
    writer.send(SetSampling(Sampling(0.33)))
    seen += wait_for(buffer, SamplingChange)
    writer.send(SetSpeed(100))
    seen += wait_for(buffer, Written)
    writer.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert [sample.text for sample in samples] == [text_of(seen + buffer.drain(100))]


def test_closing_the_buffer_ends_an_unlimited_thread() -> None:
    buffer = TokenBuffer(capacity=64)
    writer = Writer(
        CountingGenerator(), buffer, replace(RECIPE, sample_length=10_000), lambda sample: None, lambda: None
    )
    writer.send(SetSpeed(None))
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    wait_for(buffer, Written)
    buffer.close()
    buffer.drain(1000)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def wait_for(buffer: TokenBuffer, kind: type[Item]) -> list[Item]:
    seen: list[Item] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen += buffer.drain(100)
        if any(isinstance(item, kind) for item in seen):
            return seen
        time.sleep(0.001)
    raise AssertionError(f"no {kind.__name__} came")
