"""Where the time of a training step goes: a table by part, from a trace of the program that trains.

Run by hand: uv run python tests/benchmarks/step_parts.py. XLA notes when each operation of the compiled steps begins
and ends; the stack with which it was traced tells its part. Times are of one device, the mean over devices and steps.
What no operation accounts for belongs to the rest. Only the LSTM in float32 has its time steps told apart. For the rate
of large products, which is the limit, see peers.py.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.peer_engines import synthetic_text, work_of

if TYPE_CHECKING:
    from model.training.learner import Learner

WORKS = ("notebook", "fast", "notebook --hidden 512", "best")
"""Recipes, and options that replace their values."""
FORWARD, BACKWARD, WEIGHTS = "time steps forward", "time steps backward", "product for the recurrent weights"
PARTS = {
    "masks": r"dropout\.py",
    FORWARD: r"charlstm_lstm_forward",
    BACKWARD: r"charlstm_lstm_backward",
    WEIGHTS: r"dot_general.*Layer\.recur$",
    "look-up of the input": r"rows_read",
    "output and loss": r"vocabulary\.py|cross_entropy",
    "optimiser": r"optax|train_step\.<locals>\.<lambda>",
    "beside the time steps": r"model/networks",
}
"""What tells each part in the text of an operation and the stack that it was traced in; the first that does counts."""
SUMS, REST = "sum of gradients, with waiting", "the rest"
_OPERATION = re.compile(r"\s*(?:ROOT )?%?([\w.-]+) = (.*stack_frame_id=(\d+).*)")
_ROW = re.compile(r"(\d+) (?:\"(.*)\"|\{(.*)\})")


def stacks(program: str) -> dict[str, str]:
    """By operation of a compiled program: its text, and the files and functions that it was traced in."""
    tables: dict[str, dict[int, Any]] = {}
    for line in program.splitlines():
        if line in ("FileNames", "FunctionNames", "FileLocations", "StackFrames"):
            rows = tables.setdefault(line, {})
        elif tables and (row := _ROW.fullmatch(line)):
            fields = re.findall(r"(\w+)=(\d+)", row[3] or "")
            rows[int(row[1])] = {name: int(value) for name, value in fields} if fields else row[2]
    spelled = {0: ""}
    for frame, its in sorted(tables["StackFrames"].items()):
        place = tables["FileLocations"][its["file_location_id"]]
        file, function = tables["FileNames"][place["file_name_id"]], tables["FunctionNames"][place["function_name_id"]]
        spelled[frame] = f"{spelled[its['parent_frame_id'] - 1]}\n{file} {function}"
    found = filter(None, map(_OPERATION.match, program.splitlines()))
    return {operation[1]: operation[2] + spelled.get(int(operation[3]), "") for operation in found}


def part_of(operation: str, text: str) -> str:
    """The part of the step that an operation belongs to."""
    if operation.startswith(("all-reduce", "psum")):
        return SUMS
    return next((part for part, pattern in PARTS.items() if re.search(pattern, text, re.DOTALL)), REST)


def alone(events: Iterable[tuple[float, float, str]]) -> Iterator[tuple[str, float]]:
    """Operations and their nanoseconds, without those of the operations within them."""
    open_: list[list[Any]] = []
    for begin, end, name in sorted(events, key=lambda each: (each[0], -each[1])):
        while open_ and open_[-1][0] <= begin:
            yield open_.pop()[1:]
        if open_:
            open_[-1][2] -= end - begin
        open_.append([end, name, end - begin])
    yield from (each[1:] for each in open_)


def trace(learner: Learner, steps: int) -> tuple[float, Counter[str]]:
    """Milliseconds of a step, and of each operation in it on one device."""
    import jax

    spent: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        options = jax.profiler.ProfileOptions()
        options.python_tracer_level = 0
        with jax.profiler.trace(folder, profiler_options=options):
            begun = time.perf_counter()
            learner.learn(steps)
            whole = 1000 * (time.perf_counter() - begun) / steps
        (file,) = Path(folder).rglob("*.xplane.pb")
        traced = jax.profiler.ProfileData.from_file(str(file))
    for plane in traced.planes:
        for line in plane.lines:
            events = [
                (e.start_ns, e.end_ns, e.name) for e in line.events if dict(e.stats).get("hlo_module") == "jit_chunk"
            ]
            for name, nanoseconds in alone(events):
                spent[name] += nanoseconds / 1e6 / steps / learner.mesh.size
    return whole, spent


def measure(file: str, options: str, steps: int) -> None:
    """Print the table of one recipe."""
    from corpora import open_corpus
    from model.devices.jax_setup import start_jax
    from model.training.learner import Learner

    recipe, devices = work_of(options)
    start_jax(devices)
    learner = Learner(open_corpus(file, recipe.read_as), recipe, devices)
    program, run = [], learner._train_chunk

    def noted(*arguments: Any) -> Any:
        program.append(run.lower(*arguments).compile().as_text())  # type: ignore[attr-defined]
        return run(*arguments)

    learner._train_chunk = noted
    learner.learn(2)
    learner._train_chunk = run
    learner.learn(steps)  # warm
    (whole, spent), text_of, parts = trace(learner, steps), stacks(program[0]), Counter[str]()
    for operation, milliseconds in spent.items():
        parts[part_of(operation, text_of.get(operation, ""))] += milliseconds
    parts[REST] += max(0.0, whole - parts.total())
    product = 2 * recipe.window * recipe.batch * 4 * recipe.hidden**2 * recipe.layers / learner.mesh.size
    print(f"\nA step of {options}: {whole:.2f} ms on {learner.mesh.size} devices; load {os.getloadavg()[0]:.1f}")
    print(f"  {'':36}{'ms':>8}{'share':>8}{'GFLOP/s a device':>18}")
    for part, milliseconds in parts.most_common():
        rate = f"{product / milliseconds / 1e6:.0f}" if part in (FORWARD, BACKWARD, WEIGHTS) else ""
        print(f"  {part:36}{milliseconds:8.2f}{milliseconds / whole:8.0%}{rate:>18}")
    print(f"  {'sum':36}{parts.total():8.2f}{parts.total() / whole:8.0%}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", nargs="*", default=WORKS, help=f"what to measure (default: {WORKS})")
    parser.add_argument("--steps", type=int, default=16, help="in a trace (default: 16)")
    given = parser.parse_args()
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # a program from the cache has no stacks
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "text.txt")
        file.write_text(synthetic_text())
        for options in given.works:
            measure(str(file), options, given.steps)


if __name__ == "__main__":
    main()
