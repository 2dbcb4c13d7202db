import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from time import monotonic

import pytest

from digest.desk.preview import changes_in
from digest.errors import ConfigurationError


class Watch:
    """What one watcher notices, while a test changes files."""

    def __init__(self, *folders: Path, ignored: tuple[str, ...] = ("editions", "out")) -> None:
        self.noticed: Queue[None] = Queue()
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folders, ignored))
        self._thread.start()

    def _run(self, folders: tuple[Path, ...], ignored: tuple[str, ...]) -> None:
        for change in changes_in(folders, self.stop, ignored):
            self.noticed.put(change)

    def begun(self, file: Path) -> None:
        """Return once changes are noticed, with none outstanding."""
        deadline = monotonic() + 10
        while monotonic() < deadline:
            file.write_text(str(monotonic()))
            if self.notices(0.2):
                while self.notices(0.3):
                    pass
                return
        pytest.fail("no change was noticed within ten seconds")

    def notices(self, seconds: float) -> bool:
        try:
            self.noticed.get(timeout=seconds)
        except Empty:
            return False
        return True

    def close(self) -> None:
        self.stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    open_ones: list[Watch] = []

    def start(*folders: Path, ignored: tuple[str, ...] = ("editions", "out")) -> Watch:
        open_ones.append(Watch(*folders, ignored=ignored))
        return open_ones[-1]

    yield start
    for one in open_ones:
        one.close()


@pytest.mark.parametrize("path", ["digest.yaml", "bulletins/july.txt", "bulletins/out/old.txt", "plans/editions.yaml"])
def test_an_edit_is_noticed_at_once(path: str, tmp_path: Path, watch: Callable[..., Watch]) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    watching = watch(tmp_path)
    watching.begun(tmp_path / "first.txt")
    file.write_text("new")
    assert watching.notices(1)


def test_a_burst_of_changes_is_one(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    watching = watch(tmp_path)
    watching.begun(tmp_path / "first.txt")
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("x")
    assert watching.notices(1)
    assert not watching.notices(0.6)


def test_what_looking_itself_writes_is_no_change(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    for folder in ("editions/monthly", "out/monthly", ".git", "bulletins/.cache"):
        (tmp_path / folder).mkdir(parents=True)
    watching = watch(tmp_path)
    watching.begun(tmp_path / "first.txt")
    for path in (
        "digest.db",
        "digest.db-wal",
        "digest.db-shm",
        "digest.db.lock",
        "editions/index.html",
        "editions/monthly/new.html",
        "out/monthly/one.eml",
        ".git/index",
        "bulletins/.july.txt.swp",
        "bulletins/.cache/x",
    ):
        (tmp_path / path).write_text("x")
    assert not watching.notices(0.8)
    (tmp_path / "bulletins" / "july.txt").write_text("x")
    assert watching.notices(1)


def test_a_workspace_inside_a_hidden_folder_is_watched(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    workspace = tmp_path / ".local" / "out" / "office"
    workspace.mkdir(parents=True)
    watching = watch(workspace)
    watching.begun(workspace / "first.txt")


def test_another_folder_for_sent_mail_can_be_ignored(tmp_path: Path, watch: Callable[..., Watch]) -> None:
    (tmp_path / "mail" / "sent").mkdir(parents=True)
    watching = watch(tmp_path, ignored=("editions", "mail/sent"))
    watching.begun(tmp_path / "first.txt")
    (tmp_path / "mail" / "sent" / "one.eml").write_text("x")
    assert not watching.notices(0.6)
    (tmp_path / "mail" / "note.txt").write_text("x")
    assert watching.notices(1)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        next(changes_in([tmp_path / "bulletin"], threading.Event()))
    assert caught.value.thing == str(tmp_path / "bulletin")
