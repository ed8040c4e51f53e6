"""The lock of a folder, where the system has locks and where it has none."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.runs.files.places import OpenFolder, Place
from model.runs.folders import folder_lock
from model.runs.folders.folder_lock import FolderLock, LockedError, is_locked
from model.runs.run_facts import RunError
from tests.model.runs.made_runs import begin, keep

NO_LOCKS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS]


@pytest.fixture
def file(tmp_path: Path) -> Place:
    return OpenFolder(tmp_path).place / "lock"


@pytest.fixture(params=NO_LOCKS, ids=errno.errorcode.__getitem__)
def without_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no locks, as it says."""

    def flock(handle: int, how: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("fcntl.flock", flock)


def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_is_held_once_and_free_again(file: Place) -> None:
    assert not is_locked(file.path)
    assert not file.path.exists(), "asking makes nothing"
    lock = FolderLock(file)
    assert is_locked(file.path)
    with pytest.raises(LockedError):
        FolderLock(file)
    assert lock.is_at(file)
    lock.release()
    lock.release()
    assert not is_locked(file.path)
    assert file.path.read_bytes() == b""
    FolderLock(file).release()


def test_a_lock_whose_file_was_replaced_is_not_there_any_more(file: Place) -> None:
    lock = FolderLock(file)
    file.path.unlink()
    assert not lock.is_at(file)
    other = FolderLock(file)
    assert (lock.is_at(file), other.is_at(file)) == (False, True)
    lock.release()
    assert is_locked(file.path)
    other.release()


def test_a_moments_look_at_a_lock_does_not_keep_others_from_taking_it(
    file: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [OSError(errno.EAGAIN, "held")]
    flock = folder_lock.fcntl.flock

    def held_once(handle: int, how: int) -> None:
        if looks:
            raise looks.pop()
        flock(handle, how)

    monkeypatch.setattr("fcntl.flock", held_once)
    FolderLock(file).release()


def test_programs_that_only_look_at_a_lock_do_not_take_each_other_for_its_holder(
    file: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    FolderLock(file).release()
    looks, flock = list[bool](), folder_lock.fcntl.flock

    def look_meanwhile(handle: int, how: int) -> None:
        flock(handle, how)
        monkeypatch.setattr("fcntl.flock", flock)
        looks.append(is_locked(file.path))

    monkeypatch.setattr("fcntl.flock", look_meanwhile)
    assert not is_locked(file.path)
    assert looks == [False]


@pytest.mark.usefixtures("without_locks")
def test_without_locks_the_files_text_guards(file: Place) -> None:
    lock = FolderLock(file)
    assert lock.weak
    assert file.path.read_text().split()[:2] == [socket.gethostname(), str(os.getpid())]
    assert is_locked(file.path)
    with pytest.raises(LockedError, match=rf"process {os.getpid()} on {socket.gethostname()}"):
        FolderLock(file)
    assert lock.is_at(file)
    lock.release()
    assert not file.path.exists()
    assert not is_locked(file.path)


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize(
    "text", ["", "nonsense", "\x00\xff", f"{socket.gethostname()} 99999999999 1", "{host} {ended} 1"]
)
def test_without_locks_what_a_crash_has_left_is_taken_over(file: Place, text: str) -> None:
    file.path.write_text(text.format(host=socket.gethostname(), ended=ended()))
    assert not is_locked(file.path)
    FolderLock(file).release()


@pytest.mark.usefixtures("without_locks")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs to know when a process began")
def test_without_locks_another_process_with_the_same_number_does_not_count(file: Place) -> None:
    file.path.write_text(f"{socket.gethostname()} {os.getpid()} 1 0\n")
    assert not is_locked(file.path)
    FolderLock(file).release()


@pytest.mark.usefixtures("without_locks")
def test_without_locks_a_program_on_another_machine_counts_until_its_file_is_deleted(tmp_path: Path) -> None:
    run = begin(tmp_path, "run")
    (run.folder / "lock").write_text("gpu-box 17 4711 0\n")
    assert run.in_use
    with pytest.raises(RunError, match=rf"process 17 on gpu-box, .*If it has ended, delete {run.folder}/lock\."):
        run.lock()
    (run.folder / "lock").unlink()
    run.lock().release()


def test_a_guard_that_a_program_without_locks_has_left_counts_where_there_are_locks_too(file: Place) -> None:
    file.path.write_text("gpu-box 17 4711 0\n")
    assert is_locked(file.path)
    with pytest.raises(LockedError, match="gpu-box"):
        FolderLock(file)
    file.path.write_text(f"{socket.gethostname()} {ended()} 1 0\n")
    FolderLock(file).release()
    assert file.path.read_bytes() == b""


@pytest.mark.usefixtures("without_locks")
def test_a_run_is_kept_without_locks_and_its_notes_say_so(tmp_path: Path) -> None:
    run = begin(tmp_path, "run")
    with run.lock() as held:
        assert [note.startswith("This file system has no locks") for note in held.lock_notes] == [True]
        keep(held, 3)
        held.append_metrics({"line": 1})
        with pytest.raises(RunError, match="Another program"):
            run.lock()
    assert run.load("newest").manifest.step == 3
    assert not (run.folder / "lock").exists()


@pytest.mark.usefixtures("without_locks")
def test_without_locks_a_program_that_has_taken_over_has_the_run_alone(tmp_path: Path) -> None:
    with begin(tmp_path, "run").lock() as run:
        (run.folder / "lock").write_text("gpu-box 17 4711 0\n")
        with pytest.raises(RunError, match="process 17 on gpu-box, has opened the run run too"):
            run.append_metrics({"line": 1})
        assert not (run.folder / "metrics.jsonl").exists()
        (run.folder / "lock").unlink()
        run.append_metrics({"line": 2})


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_nothing_stays_of_a_run_whose_folder_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("model.runs.folders.held_folder.FolderLock", refuse)
    with pytest.raises(RunError, match=os.strerror(error)):
        begin(tmp_path, "run")
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_of_a_run_whose_new_folder_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr("model.runs.listing.names_in", refuse)
        with pytest.raises(RunError, match=os.strerror(errno.EIO)):
            begin(tmp_path, "run")
    assert list(tmp_path.iterdir()) == []
    begin(tmp_path, "run").lock().release()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_in_the_place_of_the_lock_is_to_be_deleted(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    run = begin(tmp_path, "run")
    make(run.folder / "lock")
    with pytest.raises(RunError, match=r"/run/lock is not a file, so the run cannot be locked\. Delete it\.$"):
        run.lock()


def test_what_a_killed_program_had_half_written_is_removed_when_the_run_is_locked(tmp_path: Path) -> None:
    run = begin(tmp_path, "run")
    for name in ("baselines.json.6844.tmp", "notes.tmp"):
        (run.folder / name).write_text("half")
    with run.lock():
        assert not (run.folder / "baselines.json.6844.tmp").exists()
    assert (run.folder / "notes.tmp").exists()
