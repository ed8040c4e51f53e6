"""`charlstm-tui`: reads the command line, sees to the terminal and opens the screen.

Nothing heavy is imported before the first paint: Textual only once the options are right, JAX in the engine.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from model.options.options import (
    DEFAULT_RECIPE,
    OptionParser,
    add_corpus,
    add_process_options,
    add_recipe_options,
    add_run_options,
    add_version,
    check_process_options,
    chosen_recipe,
    number,
    option_of,
    refuse_what_a_resumed_run_decides,
    settled_by_a_run,
)
from model.recipe import Recipe
from tui.launch import Launch

if TYPE_CHECKING:
    from tui.app import CharLSTMApp
    from tui.engine.protocol import Engine
    from tui.terminal.tty import ErrorLog

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "GRPC_VERBOSITY": "ERROR"}
"""Asks native libraries to log errors only; what the environment already says stays."""

SWITCH_SECONDS = 0.001
"""How long a thread keeps Python to itself. A key crosses three threads, and waits as long for each."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the screen and stay until it is closed.

    Returns:
        0 after a normal end, 1 after an error, 2 for a wrong command line or no terminal, 128 + signal.
    """
    launch = launch_from(argv)
    if (reason := no_screen(os.environ, piped="-" in launch.corpus)) is not None:
        print(f"{reason} To train without a screen, use: charlstm train", file=sys.stderr)
        return 2
    if launch.resume is not None or launch.watch is not None:
        from tui.engine.launch_runs import RunError, going_on, watching

        try:
            launch = going_on(launch) if launch.watch is None else watching(launch)
        except RunError as error:
            print(f"charlstm-tui: {error}", file=sys.stderr)
            return 2
    try:
        _open(launch)
    except KeyboardInterrupt:
        return 130


def launch_from(argv: Sequence[str] | None) -> Launch:
    """What a command line asks for; a wrong one is explained and ends the process with code 2."""
    parser = _parser()
    given = parser.parse_args(argv)
    headless = _headless(parser, given, sys.argv[1:] if argv is None else argv)
    _refuse_what_a_watched_run_decides(parser, given)
    refuse_what_a_resumed_run_decides(parser, given)
    runs = None if given.runs is None else Path(os.path.expanduser(given.runs))  # Path's own fails for nobody's home
    about_the_run = {field.name for field in fields(Recipe)} & vars(given).keys()
    asked = given.watch is not None or given.corpus or given.name or about_the_run or given.recipe != DEFAULT_RECIPE
    return Launch(
        corpus=tuple(given.corpus),
        recipe_name=given.recipe,
        recipe=chosen_recipe(parser, given),
        speed=given.speed,
        theme=given.theme,
        ascii=given.ascii,
        runs=runs,
        name=given.name,
        resume=given.resume,
        watch=given.watch,
        offer_unfinished=given.resume is None and not asked and not headless,
        save_every=given.save_every,
        log_every=given.log_every,
        max_seconds=given.max_seconds,
        devices=given.devices,
        headless=headless,
        device=given.device,
    )


def _refuse_what_a_watched_run_decides(parser: OptionParser, given: argparse.Namespace) -> None:
    """Exit with code 2 where `--watch` stands beside what only the program that trains the run decides."""
    if given.watch is None:
        return
    settled = ["CORPUS"] * bool(given.corpus) + ["--resume"] * (given.resume is not None) + settled_by_a_run(given)
    of_training = ("max_seconds", "save_every", "log_every", "devices", "device")
    settled += [option_of(name) for name in of_training if getattr(given, name) != parser.get_default(name)]
    if settled:
        parser.error(f"a watched run is trained elsewhere: leave {' and '.join(settled)} away")


def _headless(parser: OptionParser, given: argparse.Namespace, argv: Sequence[str]) -> tuple[str, ...]:
    """The command line of `charlstm train` where many processes train together, one of them for this screen."""
    if not check_process_options(parser, given):
        return ()
    if given.watch is not None:
        parser.error("--watch follows a run that is trained elsewhere: leave the options of many processes away")
    if given.process:
        parser.error(
            f"the screen is for process 0, which keeps the run: start process {given.process} by charlstm train"
        )
    if "-" in given.corpus:
        parser.error("many processes cannot share standard input: put the text into a file")
    of_the_screen = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _add_screen_options(of_the_screen)
    return tuple(of_the_screen.parse_known_args(argv)[1])


def no_screen(environment: Mapping[str, str], *, piped: bool) -> str | None:
    """Why no screen can be opened here, in a sentence; None where one can.

    Args:
        environment: as `os.environ`.
        piped: whether the corpus comes through standard input, so that keys must come from elsewhere.
    """
    if sys.platform == "win32":
        return "charlstm-tui needs a terminal as Linux and macOS have it; on Windows, run it in WSL."
    if not _is_terminal(sys.stdout):
        return "charlstm-tui needs a terminal to draw on, and standard output is none."
    if environment.get("TERM") in ("dumb", "unknown"):
        return f"charlstm-tui needs a terminal that can move its cursor, and TERM is {environment['TERM']}."
    if piped:
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
        except OSError:
            return "charlstm-tui needs a terminal to read keys from, and there is none behind standard input."
    elif not _is_terminal(sys.stdin):
        return "charlstm-tui needs a terminal to read keys from; to learn a text from standard input, name it -."
    return None


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether there is a terminal behind it; Python has no stream at all for what the shell closed."""
    return stream is not None and stream.isatty()


def _open(launch: Launch) -> NoReturn:
    from tui.terminal import tty
    from tui.terminal.watchdog import TerminalGuard

    gc.disable()  # collecting garbage is a tenth of the start; the app turns it on again after its first frame
    stdin = tty.take_standard_input() if "-" in launch.corpus else b""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    sys.setswitchinterval(SWITCH_SECONDS)
    with tty.ErrorLog(_log_path()) as log, TerminalGuard(log) as guard:
        from tui.app import CharLSTMApp

        app = CharLSTMApp(_engine_for(launch, stdin), launch)
        guard.arm()
        code = tty.run(app)
    _take_leave(app, code, log)
    # All is saved and said. Python's own way out would take JAX down first, which takes up to a second, and
    # longer, or a crash, where a thread is still in the middle of a compilation: that cannot be called off.
    sys.stdout.flush()
    os._exit(code)


def _engine_for(launch: Launch, stdin: bytes) -> Engine:
    if not launch.watches:
        from tui.engine.local_engine import ThreadEngine

        return ThreadEngine(stdin)
    if launch.headless:
        from tui.engine.multiprocess_engine import HeadlessEngine

        watching: Engine = HeadlessEngine(os.environ.copy())
    else:
        from tui.engine.watching.watching_engine import WatchingEngine

        watching = WatchingEngine()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # an accelerator and its memory are for whoever trains
    return watching


def _take_leave(app: CharLSTMApp, code: int, log: ErrorLog) -> None:
    """Tell the shell, now that the screen is gone, what went wrong and what was earned."""
    from tui.terminal.tty import say
    from tui.views.exit_summary import summary

    if app.failure is not None:
        say(app.failure.sentence, error=True)
        if app.failure.details:
            say(f"Its log is {log.path}", error=True)
    elif code == 1:
        error = next(iter(log.text().splitlines()[-1:]), "no more is known")
        say(f"charlstm-tui ended because of an error of its own ({error}). Its log is {log.path}", error=True)
    screen = getattr(app, "main", None)  # not there when the app failed before its first frame
    if screen is not None:
        for line in summary(screen.view, app.launch):
            say(line)


def _log_path() -> Path:
    import platformdirs

    return platformdirs.user_log_path("charlstm", appauthor=False) / "charlstm-tui.log"


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="charlstm-tui",
        usage="charlstm-tui [CORPUS ...] [OPTION ...]\n       charlstm-tui --resume [RUN] [OPTION ...]\n"
        "       charlstm-tui --watch RUN [OPTION ...]",
        description="Watch a character-level LSTM learn to write, and steer it while it does.",
        epilog="Without a terminal, use: charlstm train",
    )
    add_corpus(parser)
    _add_screen_options(parser)
    add_version(parser)
    add_run_options(parser)
    add_process_options(parser)
    add_recipe_options(parser)
    return parser


def _add_screen_options(parser: argparse.ArgumentParser) -> None:
    screen = parser.add_argument_group("the screen")
    screen.add_argument("--theme", choices=("dark", "light"), help="colours to start with (default: dark)")
    screen.add_argument(
        "--speed",
        type=_speed,
        default=Launch().speed,
        metavar="N",
        help="characters written a second, or 'unlimited' (default: %(default)g)",
    )
    screen.add_argument(
        "--ascii",
        action=argparse.BooleanOptionalAction,
        help="draw with plain ASCII only (default: as the terminal's locale allows)",
    )
    screen.add_argument(
        "--watch",
        metavar="RUN",
        help="follow a run that is trained elsewhere: one listed by 'charlstm runs', its folder, or 'latest'",
    )


def _speed(text: str) -> float | None:
    if text == "unlimited":
        return None
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} characters a second is no speed; give more than 0")
    return value
