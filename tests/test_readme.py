"""What the README says of the program is what the program says of itself."""

from __future__ import annotations

import html
import re
from pathlib import Path

from model.options.fields import option_of
from model.recipe import FAST, PRESETS
from model.sampling import SETTINGS, Sampling
from tui.keys.action import shown_key
from tui.keys.keymap import actions_for, as_markdown

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_first_keys_are_told_as_the_keymap_tells_them() -> None:
    table = README.split("<!-- keys -->")[1].split("<!-- /keys -->")[0].strip().splitlines()
    keymap = as_markdown(actions_for(FAST.temperatures)).strip().splitlines()
    assert table == [row for row in keymap if row in table]
    assert len(table) > 12


def test_the_table_of_samplers_is_made_from_their_settings() -> None:
    table = README.split("<!-- samplers -->")[1].split("<!-- /samplers -->")[0]
    rows = []
    for each in SETTINGS:
        value = "" if isinstance(each.default, bool) else f" {each.metadata['usual']:g}"
        what = each.metadata["what"]
        rows.append(f"| `{option_of(each.name)}{value}` | {what[0].upper()}{what[1:]}. |")
    assert table.strip() == "\n".join(["| Option | What it does |", "| --- | --- |", *rows])


def test_the_orders_of_samplers_are_told() -> None:
    section = " ".join(README.split("## Compare sampling strategies")[1].split("\n## ")[0].split())
    for sampling in (Sampling(), Sampling(temperature_last=True)):
        assert ", ".join(name.replace("_", "-") for name in sampling.order) in section


def test_every_recipe_is_introduced() -> None:
    section = README.split("## Choose a recipe")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| \| (.*) \|$", section, re.MULTILINE)[0].replace("`", "").split()) >= set(PRESETS)


def test_the_moving_picture_shows_what_its_caption_says() -> None:
    path = Path(__file__).parent.parent / ".github" / "tour.svg"
    assert f"({path.parent.name}/{path.name})" in README
    svg = path.read_text(encoding="utf-8")
    assert len(svg) < 2_000_000
    assert "<animate" in svg
    words = html.unescape(svg).replace("\xa0", " ")
    for shown in ("surprisal", "next character of", "at the cursor in", "↳", "Time-lapse, epoch"):
        assert shown in words, shown


def test_the_picture_shows_the_screen_as_it_is_worded_today() -> None:
    picture = re.search(r"!\[.*\]\((.*)\)", README)
    assert picture
    svg = (Path(__file__).parent.parent / picture[1]).read_text(encoding="utf-8")
    drawn = [html.unescape(text).replace("\xa0", " ").strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    end_of_panes = len(drawn) - drawn[::-1].index("╯")
    footer = {text for text in drawn[end_of_panes:] if text}
    actions = actions_for(FAST.temperatures)
    labels, keys = {action.label for action in actions}, {shown_key(action.keys[0]) for action in actions}
    assert footer <= labels | keys, "words of an older version"
    assert len(footer & labels) >= 8
    assert any(text.startswith("Training · epoch ") for text in drawn)


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
