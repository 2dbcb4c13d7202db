"""Changes a plan for people who use no editor: one decision at a time, in their file, as they wrote it.

The change is made in the text and then read again: what is written says exactly what was asked for, or nothing is
written.
"""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digest.config.plan_file import MARK, plan_in
from digest.config.plan_names import Known
from digest.config.plan_text import listed, remark_on, with_story, without, without_remark
from digest.config.texts import one_line
from digest.config.yaml_scalars import scalar
from digest.errors import BusyError, CannotWriteError, ConfigurationError, PersonNeededError, UsageError
from digest.foundation.files import passing_name, write_synced
from digest.model.item import Story
from digest.model.plan import Plan
from digest.policy.replanning import Decision, decided, ordered

_KEYS = {Decision.DROP: "drop", Decision.DEFER: "defer", Decision.LEAD: "lead", Decision.PIN: "pin"}
_UNPRINTABLE = ("\ufffe", "\uffff", MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The plan before and after; both are equal when there was nothing to change."""

    before: Plan
    after: Plan


def decide(
    path: Path, known: Known, decision: Decision, stories: Sequence[Story], because: str | None = None
) -> Edited:
    """Write the decision about each of the stories into the plan.

    Raise `ConfigurationError` for a plan with mistakes and `PersonNeededError` for one that is written in a way that
    cannot be changed from outside; then the file is as it was.
    """
    try:
        reason = because if because is None else one_line(because)
    except ValueError as error:
        raise UsageError("--because", str(error), "say it in one line") from error
    if len(stories) > 1 and decision is Decision.LEAD:
        raise UsageError("lead", "there is one lead", "name one story")

    def change(text: str, plan: Plan, editing: "_Editing") -> tuple[str, Plan]:
        for story in stories:
            after = decided(plan, decision, story.id, reason)
            if after != plan:
                text = editing.decided(text, plan, after, decision, story)
            plan = after
        return text, plan

    return _edit(path, known, change)


def put_in_order(path: Path, known: Known, stories: Sequence[Story]) -> Edited:
    """Write the order of the stories, in place of the one before. Errors are those of `decide`, and `UsageError` for
    a story that is dropped or deferred.
    """

    def change(text: str, plan: Plan, editing: "_Editing") -> tuple[str, Plan]:
        for story in stories:
            if story.id in plan.dropped or story.id in plan.deferred:
                said = "dropped" if story.id in plan.dropped else "deferred"
                remedy = f"bring it back first: digest plan keep {known.short(story)}"
                raise UsageError(known.title(story), f"it is {said}", remedy)
        after = ordered(plan, [story.id for story in stories])
        return (text if after == plan else editing.ordered(text, plan, stories)), after

    return _edit(path, known, change)


def write_plan(path: Path, text: str) -> None:
    """Write a new plan; `UsageError` when there is one."""
    if path.exists():
        raise UsageError(str(path), "there is a plan already", "edit it, or remove it first")
    _replace(path, text.encode(), b"")


@dataclass(frozen=True, slots=True)
class _Editing:
    known: Known
    by_example: bool

    def decided(self, text: str, plan: Plan, after: Plan, decision: Decision, story: Story) -> str:
        """Take the story out wherever it must not stand any more, then write it where it belongs."""
        named = self._named(story)
        if plan.lead is not None and after.lead != plan.lead:
            text = self._without_lead(text, plan.lead, stays=decision is Decision.LEAD)
        stays = decision is Decision.PIN and story.id in plan.pinned
        for key in ("pin", "drop", "defer", *(["order"] if decision in (Decision.DROP, Decision.DEFER) else [])):
            if not (key == "pin" and stays):
                text = without(text, key, named)
        if decision is Decision.KEEP or stays:
            return text
        reason = after.dropped.get(story.id) or after.deferred.get(story.id)
        written = f"{self._id(story)}: {json.dumps(reason, ensure_ascii=False)}" if reason else self._id(story)
        return with_story(text, _KEYS[decision], written, self._comment(story), by_example=self.by_example)

    def ordered(self, text: str, plan: Plan, stories: Sequence[Story]) -> str:
        """Lines of stories that stay in their place are not touched; others take their remarks with them."""
        wanted = [story.id for story in stories]
        remarks = {story.id: remark_on(text, "order", self._named(story)) for story in stories}
        kept = [id_ for id_ in plan.order if id_ in wanted]
        in_place = kept == wanted[: len(kept)]
        for written in listed(text, "order"):
            if not in_place or self.known.id_of(written) not in kept:
                text = without(text, "order", lambda other, gone=written: other == gone)  # type: ignore[misc] # bound now
        for story in stories:
            if not in_place or story.id not in kept:
                remark = remarks[story.id] or self._comment(story)
                text = with_story(text, "order", self._id(story), remark, by_example=self.by_example)
        return text

    def _without_lead(self, text: str, story_id: str, *, stays: bool) -> str:
        """Our own remark names the old lead and goes with it; a person's stays. So does what is written over."""
        story = next(story for story in self.known.stories if story.id == story_id)
        if (remark := remark_on(text, "lead", self._named(story))) == self._comment(story):
            text = without_remark(text, "lead", remark)
        return text if stays else without(text, "lead", self._named(story))

    def _comment(self, story: Story) -> str:
        title = self.known.title(story)
        return "  # " + "".join("?" if character in _UNPRINTABLE else character for character in title)

    def _named(self, story: Story) -> Callable[[str], bool]:
        return lambda written: self.known.id_of(written) == story.id

    def _id(self, story: Story) -> str:
        """Quoted where other programs would read a number."""
        short = self.known.short(story)
        return short if isinstance(scalar(short), str) else f'"{short}"'


Change = Callable[[str, Plan, _Editing], tuple[str, Plan]]


def _edit(path: Path, known: Known, change: Change) -> Edited:
    old = _bytes(path)
    before = plan_in(path, old, known)
    mark = MARK if old.decode().startswith(MARK) else ""
    written = old.decode().removeprefix(MARK)
    ends = set(re.findall("\r\n|\r|\n", written))
    line_end = ends.pop() if len(ends) == 1 else "\n"  # where they differ, each stays
    written = written.replace(line_end, "\n")
    for by_example in (True, False):
        with suppress(ConfigurationError):  # this way does not do: another may
            text, after = change(written, before, _Editing(known, by_example))
            if after == before:
                return Edited(before=before, after=after)
            new = (mark + text.replace("\n", line_end)).encode()
            if plan_in(path, new, known) == after:
                _replace(path, new, old)
                return Edited(before=before, after=after)
    raise PersonNeededError(
        str(path),
        "it is written in a way that this command cannot change",
        "change it in an editor; nothing was touched",
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ConfigurationError(
            str(path), f"cannot be read: {error.strerror}", "it must be a readable file"
        ) from error


def _replace(path: Path, new: bytes, old: bytes) -> None:
    """All or nothing: the file is written beside its place and renamed. What somebody else wrote meanwhile stays."""
    target = path.resolve()
    passing = passing_name(target)
    try:
        for folder in (*reversed(target.parent.parents), target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_synced(passing, new, mode=target.stat().st_mode & 0o777 if target.exists() else 0o600)
        if _bytes(target) != old:
            raise BusyError(str(path), "somebody changed it just now", "look at it, then run the command again")
        passing.replace(target)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error
    finally:
        with suppress(OSError):  # it has its name, or it was never made
            passing.unlink()
