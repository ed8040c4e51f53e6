"""`charlstm-tui`: reads the command line, sees to the terminal and opens the screen.

Nothing heavy is imported before the first paint: Textual only once the options are right, JAX in the engine.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from corpora.catalogue import catalogue
from corpora.errors import CharlstmError
from corpora.safe_text import enumerated, shown
from model.options.explaining.explained_errors import explained
from model.options.fields import add_fields, given, option_of
from model.options.lessons.lesson import lesson_list, lesson_names_near, lessons
from model.options.parser import OptionParser, add_version
from model.options.process_options import ProcessOptions
from model.options.process_start import prepare_streams, trust_the_terminal
from model.options.recipe_options import settled_by_a_run
from model.options.shell_command import typed
from model.options.suggestions import COMMANDS
from model.options.training_options import TrainingOptions, add_corpus, add_run_options, chosen_training
from tui.launch import Launch

if TYPE_CHECKING:
    from tui.app import CharLSTMApp
    from tui.terminal.error_log import ErrorLog

ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "2", "GRPC_VERBOSITY": "ERROR", "TEXTUAL_FPS": "120"}
"""Native libraries log only errors, and a frame that a key asks for does not wait for the end of a sixtieth of a second
that has begun; there are no more frames than changes. Variables that are set already stay.
"""

SWITCH_SECONDS = 0.001
"""How long a thread may keep Python to itself. A key crosses three threads, and may wait that long for each."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the screen and stay until it is closed.

    Returns:
        0 after a normal end, 1 after an error, 2 for a wrong command line or no terminal, 128 + signal.
    """
    prepare_streams()
    trust_the_terminal()
    launch = launch_from(argv)
    if (reason := no_screen(os.environ, piped="-" in launch.corpus)) is not None:
        print(f"{reason} To train without a screen, use: {typed('charlstm', 'train')}", file=sys.stderr)
        return 2
    try:
        if {launch.resume, launch.watch, launch.from_} != {None}:
            from tui.engine.runs.launch_runs import launch_with_run

            launch = launch_with_run(launch)
        _open(launch)
    except CharlstmError as error:
        print(f"charlstm-tui: {explained(error).sentence}", file=sys.stderr)
        return error.exit_code


def launch_from(argv: Sequence[str] | None) -> Launch:
    """What a command line asks for; a wrong one is explained and ends the process with code 2."""
    parser = _parser()
    namespace = parser.parse_args(argv)
    if "watch" in namespace:
        _refuse_what_a_watched_run_decides(parser, namespace)
    if "lesson" in namespace:
        return _lesson_from(parser, namespace)
    values = chosen_training(parser, namespace) | given(Launch, namespace)
    _refuse_a_command(parser, *namespace.corpus)
    if group := values["group"]:
        _refuse_what_a_group_lacks(parser, values, group)
    of_a_run = {"watch", "resume", "from_"} & values.keys()
    in_particular = settled_by_a_run(namespace) or group or values["corpus"] or of_a_run
    return Launch(**values, choose_run=not in_particular)


def _lesson_from(parser: OptionParser, namespace: argparse.Namespace) -> Launch:
    """What begins the lesson that was named; without a name, or with a wrong one, the lessons are listed."""
    name, known = namespace.lesson, "\n".join(lesson_list())
    if not name:
        print(known)
        parser.exit()
    if name not in lessons():
        near = " or ".join(lesson_names_near(name))
        hint = f"Did you mean {near}?" if near else "These are the lessons:"
        parser.exit(2, f"{parser.prog}: There is no lesson {shown(name)!r}. {hint}\n{known}\n")
    its_own = {"resume", "watch", "from_", "from_weights", "name", "seed_text", *given(ProcessOptions, namespace)}
    refused = ["CORPUS"] * bool(namespace.corpus) + settled_by_a_run(namespace)
    refused += [option_of(each) for each in vars(namespace) if each in its_own and option_of(each) not in refused]
    if refused:
        parser.error(f"a lesson brings its own text and recipe: leave out {enumerated(refused)}")
    from tui.engine.runs.lesson_launch import lesson_launch
    from tui.views.lesson.lesson_state import LessonState

    values = chosen_training(parser, namespace) | given(Launch, namespace)
    return lesson_launch(Launch(**values), LessonState(lessons()[name]))


def _refuse_a_command(parser: OptionParser, first: str = "", *rest: str) -> None:
    """Exit with code 2 where a command of charlstm stands in the place of a text, as in `charlstm-tui runs`."""
    if not first.isalpha() or os.path.exists(first) or first in catalogue():
        return
    if near := get_close_matches(first, COMMANDS, n=1, cutoff=0.7):
        parser.error(f"there is no text {first!r}; did you mean the command '{typed('charlstm', near[0], *rest)}'?")


def _refuse_what_a_watched_run_decides(parser: OptionParser, namespace: argparse.Namespace) -> None:
    """Exit with code 2 where `--watch` stands beside what only the program that trains the run decides."""
    of_training = given(TrainingOptions, namespace).keys() - {"runs", "name", "seed_text"}
    of_training |= given(ProcessOptions, namespace).keys()
    refused = ["CORPUS"] * bool(namespace.corpus) + settled_by_a_run(namespace)
    refused += [option_of(name) for name in vars(namespace) if name in of_training]
    if refused:
        parser.error(f"another program trains a watched run: leave out {enumerated(refused)}")


def _refuse_what_a_group_lacks(parser: OptionParser, values: Mapping[str, Any], group: ProcessOptions) -> None:
    """Exit with code 2 where several processes cannot train as the screen would need it."""
    if group.process:
        started = typed("charlstm", "train")
        parser.error(f"the screen is for process 0, which keeps the run: start process {group.process} with {started}")
    if "-" in values["corpus"]:
        parser.error("several processes cannot share standard input: put the text into a file")


def no_screen(environment: Mapping[str, str], *, piped: bool) -> str | None:
    """Why no screen can be opened here, in a sentence; None where it can.

    Args:
        environment: as `os.environ`.
        piped: whether the corpus comes through standard input, so that keys must come from elsewhere.
    """
    if sys.platform == "win32":
        return "charlstm-tui needs a terminal of Linux or macOS; on Windows, run it in WSL."
    dumb = f"TERM is {environment['TERM']}" if environment.get("TERM") in ("dumb", "unknown") else ""
    if not _is_terminal(sys.stdout):
        too = f" Its cursor must move, too, and {dumb}." if dumb else ""
        return f"charlstm-tui needs a terminal to draw on, and standard output is not one.{too}"
    if dumb:
        return f"charlstm-tui needs a terminal that can move its cursor, and {dumb}."
    if piped:
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
        except OSError:
            return "charlstm-tui needs a terminal to read keys from, and there is none behind standard input."
    elif not _is_terminal(sys.stdin):
        return "charlstm-tui needs a terminal to read keys from; to train on standard input, give - as the text."
    return None


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal; Python has no stream at all where the shell closed it."""
    return stream is not None and stream.isatty()


def _open(launch: Launch) -> NoReturn:
    from model.devices.memory import share_arena
    from tui.terminal.descriptors import take_standard_input
    from tui.terminal.error_log import ErrorLog
    from tui.terminal.signals import run
    from tui.terminal.watchdog import TerminalGuard

    share_arena()
    gc.disable()  # collecting garbage is a tenth of the start; the app turns it on again after its first frame
    stdin = take_standard_input() if "-" in launch.corpus else b""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    sys.setswitchinterval(SWITCH_SECONDS)
    with ErrorLog(_log_path()) as log, TerminalGuard(log) as guard:
        from tui.app import CharLSTMApp
        from tui.engine.runs.engine_kinds import engine_for

        app = CharLSTMApp(engine_for(launch, stdin), launch)
        guard.arm()
        code = run(app)
    _take_leave(app, code, log)
    # Python's own way out would shut JAX down first. That takes up to a second, and longer, or crashes, while a thread
    # still compiles: compiling cannot be interrupted.
    sys.stdout.flush()
    os._exit(code)


def _take_leave(app: CharLSTMApp, code: int, log: ErrorLog) -> None:
    """Print on the shell, now that the screen is gone, what went wrong and what the training has reached."""
    from tui.terminal.descriptors import say
    from tui.views.runs.exit_summary import summary

    if app.failure is not None:
        say(app.failure.sentence, error=True)
        if app.failure.details:
            say(f"Its log is {log.path}", error=True)
    elif code == 1:
        error = next(iter(log.text().splitlines()[-1:]), "nothing more is known")
        say(f"An unexpected error ended charlstm-tui ({error}). Its log is {log.path}", error=True)
    screen = getattr(app, "main", None)  # not there when the app failed before its first frame
    if screen is not None:
        view, kept = screen.view, app.engine.kept_run() if screen.view.run else None
        if kept and view.began and not view.watched:
            view.run, view.kept = kept.folder, kept.step  # what was saved after the screen had closed counts
        for line in summary(view, kept.reference if kept else ""):
            say(line)


def _log_path() -> Path:
    import platformdirs

    return platformdirs.user_log_path("charlstm", appauthor=False) / "charlstm-tui.log"


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="charlstm-tui",
        usage="charlstm-tui [CORPUS ...] [OPTION ...]\n       charlstm-tui --resume [RUN] [OPTION ...]\n"
        "       charlstm-tui --watch RUN [OPTION ...]\n       charlstm-tui [CORPUS ...] --from RUN [OPTION ...]\n"
        "       charlstm-tui --lesson [NAME] [OPTION ...]",
        description="Watch a language model learn to write, and steer it while it does.",
        epilog="Without a terminal, use: charlstm train",
    )
    add_corpus(parser)
    add_fields(parser, Launch, {"theme": "the screen"})
    add_version(parser)
    add_run_options(parser)
    return parser
