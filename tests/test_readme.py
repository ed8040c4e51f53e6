"""What the README says of the program is what the program says of itself."""

from __future__ import annotations

import re
from pathlib import Path

from model.recipe import FAST, PRESETS
from tui.keys.keymap import actions_for, as_markdown

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_the_keymaps() -> None:
    table = README.split("<!-- keys -->")[1].split("<!-- /keys -->")[0]
    assert table.strip() == as_markdown(actions_for(FAST.temperatures)).strip()


def test_every_recipe_is_introduced() -> None:
    section = README.split("## Choose a recipe")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| \| (.*) \|$", section, re.MULTILINE)[0].replace("`", "").split()) >= set(PRESETS)


def test_the_picture_is_there() -> None:
    picture = re.search(r"!\[.*\]\((.*)\)", README)
    assert picture
    assert (Path(__file__).parent.parent / picture[1]).stat().st_size > 10_000


def test_every_test_that_the_table_of_what_it_survives_names_is_there() -> None:
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    table = text.split("## What it survives")[1].split("\n## ")[0]
    folder = Path(__file__).parent
    cells = re.findall(r"^\| .* \| (.*) \|$", table, re.MULTILINE)
    assert len(cells) > 15
    for cell in cells:
        source = ""
        for named in re.findall(r"`(.*?)`", cell):
            file, _, test = named.rpartition("::") if "::" in named or not named.endswith(".py") else (named, "", "")
            source = (folder / file).read_text(encoding="utf-8") if file else source
            assert f"def {test}(" in source if test else source, named
