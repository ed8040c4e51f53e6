"""What the README says of the program is what the program says of itself."""

from __future__ import annotations

import re
from pathlib import Path

from model.recipe import FAST, PRESETS
from tui.keymap import actions_for, as_markdown

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_the_keymaps() -> None:
    table = README.split("<!-- keys -->")[1].split("<!-- /keys -->")[0]
    assert table.strip() == as_markdown(actions_for(FAST.temperatures)).strip()


def test_every_recipe_is_introduced() -> None:
    section = README.split("## Recipes")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| \| (.*) \|$", section, re.MULTILINE)[0].replace("`", "").split()) >= set(PRESETS)


def test_the_picture_is_there() -> None:
    picture = re.search(r"!\[.*\]\((.*)\)", README)
    assert picture
    assert (Path(__file__).parent.parent / picture[1]).stat().st_size > 10_000
