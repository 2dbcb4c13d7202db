"""One broken concern never hides the others, and none holds them up."""

import time
from threading import Event

from digest.errors import ConfigurationError
from digest.operations.doctor.diagnosis import Level, Question, examine, ok


def good(what="good"):
    return [ok(what, "fine")]


def test_all_are_told_in_their_order_and_under_their_headings():
    concerns = [
        Question(group="B", what="one", look=lambda: (time.sleep(0.05), good("slow"))[1]),
        Question(group="A", what="two", look=lambda: good("quick")),
        Question(group="B", what="three", look=list),
        Question(group="B", what="four", look=lambda: iter(good("last"))),
    ]
    found = examine(concerns, 30)
    assert [(group.title, [each.what for each in group.diagnoses]) for group in found] == [
        ("B", ["slow", "last"]),
        ("A", ["quick"]),
    ]


def test_errors_become_failures_and_hide_nothing():
    def refuse():
        yield ok("first", "fine")
        raise ConfigurationError("digest.yaml:3:1", "wrong", "mend it")

    def stumble():
        raise ZeroDivisionError("by zero")

    concerns = [
        Question(group="A", what="refused", look=refuse),
        Question(group="A", what="stumbled", look=stumble),
        Question(group="A", what="good", look=good),
    ]
    (group,) = examine(concerns, 30)
    refused, stumbled, fine = group.diagnoses
    assert (refused.level, refused.said, refused.fix) == (Level.FAIL, "digest.yaml:3:1: wrong", "mend it")
    assert (stumbled.level, "ZeroDivisionError" in stumbled.said) == (Level.FAIL, True)
    assert fine.level is Level.OK


def test_what_never_ends_is_a_warning_after_the_deadline():
    never = Event()
    concerns = [
        Question(group="A", what="endless", look=lambda: never.wait() and []),
        Question(group="A", what="good", look=good),
    ]
    (group,) = examine(concerns, 0.3)
    never.set()
    late, fine = group.diagnoses
    assert (late.level, "not found out within" in late.said) == (Level.WARN, True)
    assert fine.level is Level.OK
