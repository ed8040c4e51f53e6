"""The text of a run is read again as it was read."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from model.options.training_options import TrainingOptions
from model.preparing.prepare import open_training
from model.recipe import Recipe
from model.runs.continuing.resuming import read_past
from tests.model.runs.made_runs import create_run


def test_a_guessed_encoding_is_kept_and_read_again(tmp_path: Path) -> None:
    text = tmp_path / "book.txt"
    text.write_bytes("Счастливые семьи похожи друг на друга. ".encode("koi8-r") * 50)
    options = TrainingOptions(corpus=(str(text),), runs=tmp_path)
    with ExitStack() as held:
        opened = open_training(options, held)
    assert opened.recipe.encoding == "koi8-r"
    text.write_bytes(text.read_bytes() * 2)
    run = create_run(tmp_path, "read", "book", "fast", opened.recipe, datetime.now(UTC), [str(text)])
    assert read_past(run).open_corpus().text().startswith("Счастливые")
    assert not any("a guess" in note for note in read_past(run).open_corpus().notes)


def test_a_recipe_from_before_letters_were_composed_reads_its_text_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "book.txt"
    text.write_text("cafe\u0301 " * 50, encoding="utf-8")
    run = create_run(tmp_path, "old", "book", "fast", Recipe(hidden=8), datetime.now(UTC), [str(text)])
    assert "é" in read_past(run).open_corpus().text()
    recipe = run.folder / "recipe.toml"
    recipe.write_text(re.sub(r"(?m)^nfc = .*$", "", recipe.read_text(encoding="utf-8")), encoding="utf-8")
    assert "e\u0301" in read_past(run).open_corpus().text()
