"""Joins screenshots of Textual (SVG) into one that moves: it plays in a browser, also as a picture in a README.

A piece of the screen that several frames share is stored once, with the times at which it is seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

_RULE = re.compile(r"\.terminal-\d+-(r\d+) \{([^}]*)\}")
_PIECE = re.compile(r"<rect [^>]*/>|<text [^>]*>[^<]*</text>")
_CLASS = re.compile(r'class="terminal-\d+-(r\d+)"')
_NOT_NEEDED = re.compile(r' clip-path="[^"]*"| shape-rendering="[^"]*"')
_BACKGROUND = re.compile(r'<rect fill="(#\w+)" x="0" y="1.5"')


def moving(frames: Sequence[tuple[str, float]]) -> str:
    """One SVG that shows each frame, a screenshot, for its seconds, and begins again after the last."""
    styles: dict[str, str] = {}
    seen: dict[str, list[int]] = defaultdict(list)
    for number, (svg, _) in enumerate(frames):
        for piece in _pieces(svg, styles):
            seen[piece].append(number)
    together: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for piece, numbers in seen.items():
        together[tuple(numbers)].append(piece)
    first = frames[0][0]
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', first)
    background = _BACKGROUND.search(first)
    if not view or not background:
        raise ValueError("This is no screenshot of Textual.")
    width, height = view.groups()
    rules = "".join(f".{name}{{{rule}}}" for rule, name in styles.items())
    groups = "\n".join(
        _group(numbers, pieces, [seconds for _, seconds in frames]) for numbers, pieces in together.items()
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">\n'
        f"<style>text{{font-family:Fira Code,monospace;font-size:20px;white-space:pre}}{rules}</style>\n"
        f'<rect fill="{background[1]}" width="{width}" height="{height}" rx="8"/>\n'
        f'<g transform="translate(9, 20)">\n{groups}\n</g>\n</svg>\n'
    )


def _pieces(svg: str, styles: dict[str, str]) -> list[str]:
    """The rectangles and texts of a screenshot, with classes that all frames share."""
    rules = {name: rule.strip() for name, rule in _RULE.findall(svg)}
    background = _BACKGROUND.search(svg)
    body = svg[svg.index('clip-terminal)">') :]

    def shared(match: re.Match[str]) -> str:
        return f'class="{styles.setdefault(rules[match[1]], f"r{len(styles)}")}"'

    pieces = [_CLASS.sub(shared, _NOT_NEEDED.sub("", piece)) for piece in _PIECE.findall(body)]
    plain = f'<rect fill="{background[1]}"' if background else "none"
    return [piece for piece in pieces if not piece.startswith(plain)]


def _group(numbers: Sequence[int], pieces: Sequence[str], seconds: Sequence[float]) -> str:
    """Pieces that are seen in the same frames."""
    if len(numbers) == len(seconds):
        return "<g>" + "".join(pieces) + "</g>"
    total, there = sum(seconds), set(numbers)
    times, values, at = [], [], 0.0
    for visible, run in groupby(range(len(seconds)), lambda number: number in there):
        times.append(f"{at / total:.4f}".rstrip("0").rstrip("."))
        values.append("visible" if visible else "hidden")
        at += sum(seconds[number] for number in run)
    animate = (
        f'<animate attributeName="visibility" calcMode="discrete" dur="{total:g}s" repeatCount="indefinite"'
        f' keyTimes="{";".join(times)}" values="{";".join(values)}"/>'
    )
    first = "" if 0 in there else ' visibility="hidden"'
    return f"<g{first}>{animate}" + "".join(pieces) + "</g>"
