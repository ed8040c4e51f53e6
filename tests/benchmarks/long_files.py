"""How much time and memory files of 1 GB take: metrics, a line without an end, a million samples. Run it by hand:

python -m tests.benchmarks.long_files [GIGABYTES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from model.runs.files.json_lines import event_record, to_line
from model.runs.folder import METRICS, SAMPLES, Run
from model.training.events import Compiled, EpochEnd, Step

_SCRIPT = "import sys; from tests.benchmarks.long_files import measure; measure(sys.argv[1], sys.argv[2])"


def metrics(size: int) -> Iterator[bytes]:
    """Logged steps, a thousand an epoch."""
    yield to_line(event_record(Compiled(1.0, 9, 1, 1000, 16, None))).encode()
    line = to_line(event_record(Step(777_777_777, 888_888_888, 2.0, 0.01, 2.0, 2.0)))
    written, step = 0, 0
    while written < size:
        epoch = line.replace("777777777", str(step // 1000 + 1))
        lines = [epoch.replace("888888888", str(step + n)) for n in range(1, 1001)]
        step += 1000
        lines.append(to_line(event_record(EpochEnd(step // 1000, step, 2.0, 1.5, 2.2, step / 10, 1000.0))))
        block = "".join(lines).encode()
        written += len(block)
        yield block


def no_line_feed(size: int) -> Iterator[bytes]:
    """A line without an end."""
    for _ in range(size >> 20):
        yield b"x" * (1 << 20)


def samples(size: int) -> Iterator[bytes]:
    """Samples of a kilobyte."""
    block = b"".join(b'{"text": "%s"}\n' % (b"a" * 990) for _ in range(1000))
    for _ in range(size // len(block)):
        yield block


CASES: dict[str, tuple[str, Callable[[int], Iterator[bytes]]]] = {
    "metrics": (METRICS, metrics),
    "a line without an end": (METRICS, no_line_feed),
    "samples": (SAMPLES, samples),
}


def measure(case: str, folder: str) -> None:
    """Read the run and print seconds and peak memory; in a process of its own."""
    from model.runs.housekeeping.summing_up import sum_up
    from model.writing.stored_samples import numbered_samples, read_samples
    from tui.engine.watching.follower import Follower

    run, before = Run(Path(folder)), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reads: dict[str, Callable[[], object]] = {"list": lambda: sum_up(run), "events": run.events}
    if case == "samples":
        reads = {"newest": lambda: read_samples(run), "numbered": lambda: numbered_samples(run)}
    reads["watch"] = Follower(run, lambda message: None, lambda command: None).look
    for name, read in reads.items():
        begun = time.process_time()
        read()
        spent, peak = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{case:24} {name:10} {spent:6.2f} s of CPU   at most {(peak - before) / 1024:6.0f} MB more memory",
            flush=True,
        )


def main() -> None:
    """Make each file and read it."""
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else "1") * 1e9)
    for case, (file, made) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            with open(Path(folder, file), "wb") as stream:
                stream.writelines(made(size))
            subprocess.run([sys.executable, "-c", _SCRIPT, case, folder], check=True)


if __name__ == "__main__":
    main()
