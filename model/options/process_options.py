"""The options of several processes that train together, on one machine or many."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from model.options.fields import add_fields, given, option, option_of
from model.options.parser import OptionParser, positive, whole_number

HEADINGS = {"coordinator": "several processes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOptions:
    """The processes of one training, from the view of one of them. Times are in seconds."""

    coordinator: str | None = option(
        None, "address of process 0, which listens only there; the port must be free", metavar="HOST:PORT"
    )
    processes: int | None = option(None, "how many processes train together", parse=whole_number, metavar="N")
    process: int | None = option(
        None, "the number of this process, from 0; 0 keeps the run", parse=whole_number, metavar="I"
    )
    cluster: bool = option(False, "take all three from SLURM, Open MPI or Kubernetes, as JAX reads them", bare=True)
    join_timeout: float = option(
        60.0, "seconds that the processes wait for each other at the start (default: {})", parse=positive, metavar="S"
    )
    heartbeat: float = option(
        20.0, "seconds without a sign of life after which a process counts as gone (default: {})", parse=positive,
        metavar="S",
    )  # fmt: skip
    step_timeout: float = option(
        300.0, "seconds without progress after which a living process counts as stuck (default: {})", parse=positive,
        metavar="S",
    )  # fmt: skip


def add_process_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, which `chosen_processes` reads."""
    add_fields(parser, ProcessOptions, HEADINGS)


def chosen_processes(parser: OptionParser, namespace: argparse.Namespace) -> ProcessOptions | None:
    """The processes, or None for a single one. Options that do not fit together exit with code 2."""
    values = given(ProcessOptions, namespace)
    options = ProcessOptions(**values)
    if options.cluster:
        if options.coordinator is not None or options.processes is not None or options.process is not None:
            parser.error("--cluster finds --coordinator, --processes and --process itself: leave them out")
        return options
    if options.coordinator is None or options.processes is None or options.process is None:
        if {"coordinator", "processes", "process"} & values.keys():
            parser.error("--coordinator, --processes and --process belong together: give all three, or --cluster")
        if values.keys() - {"cluster"}:
            parser.error(f"{option_of(next(iter(values)))} is for several processes: give --coordinator or --cluster")
        return None
    host, _, port = options.coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        parser.error(f"--coordinator is HOST:PORT, such as node1:29500, and not {options.coordinator!r}")
    if options.processes < 2:
        parser.error("--processes is 2 or more; leave these options out for one process")
    if not 0 <= options.process < options.processes:
        parser.error(f"--process is from 0 to {options.processes - 1} where --processes is {options.processes}")
    return options
