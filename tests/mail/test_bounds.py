"""A template of an office may loop, grow or crash: it ends, and what was wrong is named with file and line."""

import os
import signal
import threading
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from doses import dose

from digest.errors import ConfigurationError
from digest.foundation import bounded
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer

Variant = Callable[..., VariantContent]
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"
MILLION_MILLION = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}"
LOOPS = MILLION_MILLION + "{% endfor %}{% endfor %}"
GROWING = "{% set it = namespace(x='a') %}{% for n in range(99) %}{% set it.x = it.x ~ it.x %}{% endfor %}"

WRONG = (
    "{{ 1 / 0 }}",
    "{{ 'a' + 1 }}",
    "{{ lead.title() }}",
    "{{ lead.title|wrap }}",
    "{{ {}['x'].y }}",
    "{{ [1]|map('no')|list }}",
    "{{ '%d'|format('x') }}",
    "{{ _('%(nobody)s') }}",
    "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "{{ 'x' * 10**10 }}",
    "{{ 'x'|center(10**10) }}",
)
PARTS = ("edition.mjml", "edition.txt", "subject.txt")


@pytest.fixture
def mistake(tmp_path: Path, variant: Variant) -> Callable[..., str]:
    """What is said of a set with these parts, and that it is said in the end."""

    def said(body: str = "fine", text: str = "text", subject: str = "subject", **files: str) -> str:
        folder = tmp_path / "bulletin"
        folder.mkdir(exist_ok=True)
        parts = {"edition.mjml": MJML.replace("{}", body), "edition.txt": text, "subject.txt": subject}
        for name, content in (parts | files).items():
            (folder / name).write_text(content, encoding="utf-8")
        renderer = TemplateRenderer(tmp_path, lambda _kind, value, _language: value, has_public_url=False, seconds=0.5)
        with pytest.raises(ConfigurationError) as caught:
            renderer.render(variant(2))
        return str(caught.value).replace(f"{folder}/", "")

    return said


@pytest.mark.parametrize(
    ("wrong", "part"),
    dose([(wrong, PARTS[number % 3]) for number, wrong in enumerate(WRONG)], [*product(WRONG, PARTS)]),
)
def test_whatever_a_template_raises_is_named_with_file_and_line(
    wrong: str, part: str, mistake: Callable[..., str]
) -> None:
    parameter = {"edition.mjml": "body", "edition.txt": "text", "subject.txt": "subject"}[part]
    said = mistake(**{parameter: f"one\n\n{wrong}\n"})
    assert said.startswith(f"{part}:3: "), said


def test_a_mistake_in_a_part_that_others_include_is_named_there(mistake: Callable[..., str]) -> None:
    included = {"part.mjml": "<mj-text>\n<b title=\"{{ 'q' + 1 }}\">x</b></mj-text>"}
    assert mistake("</mj-text><mj-include path='part.mjml' /><mj-text>", **included).startswith("part.mjml:2: ")
    assert mistake(text="{% include 'part.txt' %}", **{"part.txt": "one\n{{ 1 / 0 }}"}).startswith("part.txt:2: ")
    assert mistake(text="{% include 'edition.txt' %}").startswith("edition.txt:1: ")
    nested = "{% for n in [1] %}" * 30 + "{% endfor %}" * 30
    assert mistake(text=nested).startswith("edition.txt: ")


def test_loops_inside_loops_end_and_are_named(mistake: Callable[..., str]) -> None:
    started = time.process_time()
    said = mistake(text=f"one\n{LOOPS}")
    assert ":2: it was not done after 1 second" in said
    assert time.process_time() - started < 1, "the work was another process's"


def test_a_text_that_grows_for_ever_ends_and_is_named(mistake: Callable[..., str]) -> None:
    assert mistake(f"one\n{GROWING}").startswith("edition.mjml:2: it takes more than 300 MB of memory")
    assert ":2: it writes more than 20 MB" in mistake(
        "one\n" + LOOPS.replace("%}{% endfor", "%}" + "x" * 99 + "{% endfor", 1)
    )


def test_words_of_an_office_are_bound_too(tmp_path: Path, variant: Variant) -> None:
    """A catalogue alone, with no template of its own: its words are formats, and can ask for a gigabyte."""
    folder = tmp_path / "locale" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    words = f'{head}msgid "Unsubscribe"\nmsgstr "%(no)1999999999d"\n'
    (folder / "bulletin.po").write_text(words, encoding="utf-8")
    renderer = TemplateRenderer(tmp_path, lambda _kind, value, _language: value, has_public_url=True)
    with pytest.raises(ConfigurationError):
        renderer.render(variant(2, "es"))


def test_work_in_bounds_gives_its_result_and_its_exceptions() -> None:
    assert in_bounds(lambda: {"a": [1, 2]}) == {"a": [1, 2]}
    with pytest.raises(ConfigurationError, match="thing: cause"):
        in_bounds(lambda: _raise(ConfigurationError("thing", "cause")))


def test_work_that_crashes_hangs_or_fills_the_memory_ends() -> None:
    with pytest.raises(OutOfBoundsError, match="crash"):
        in_bounds(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(OutOfBoundsError, match="crash"):
        in_bounds(lambda: os._exit(7))
    with pytest.raises((OutOfBoundsError, MemoryError)):
        in_bounds(lambda: len(bytearray(1 << 30)), memory=50 << 20)
    with pytest.raises(OutOfBoundsError, match="not done"):
        in_bounds(_forever, seconds=0.2)


def test_a_lock_that_another_thread_holds_at_that_instant_costs_a_moment_and_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the child nobody lets go of it: the next child is made when our thread has."""
    monkeypatch.setattr(bounded, "_STANDING_STILL", 0.2)
    lock = threading.Lock()
    with lock:
        release = threading.Timer(0.1, lock.release)
        release.start()
        assert in_bounds(lambda: lock.acquire(timeout=60)) is True
        release.join()
        lock.acquire()


def _forever() -> None:
    while True:
        pass


def _raise(error: Exception) -> None:
    raise error
