"""Standing: how an edition stands and what is to be done next, said to a person."""

from dataclasses import dataclass, replace
from shlex import quote

from digest.model.edition import EditionState
from digest.web.views import EditionView
from digest.web.wording import day


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`tone` colours the label. `command` is the next step as it is typed; `None`: there is nothing to do now."""

    tone: str
    label: str
    advice: str
    command: str | None = None


# The commands are named by their verb alone.
_STANDINGS = {
    EditionState.SEALED: Standing(
        tone="good", label="Sealed", advice="The mails are fixed and can be sent.", command="send"
    ),
    EditionState.SENDING: Standing(
        tone="busy",
        label="Sending",
        advice="Mails are leaving. Should that stop, go on with the same command.",
        command="send",
    ),
    EditionState.FINISHED: Standing(tone="good", label="Finished", advice="There is nothing left to do."),
    EditionState.SKIPPED: Standing(
        tone="quiet",
        label="Skipped",
        advice="Nothing goes out for this period. Should a story arrive for it, the edition opens again.",
    ),
    EditionState.EXPIRED: Standing(
        tone="bad",
        label="Expired",
        advice="It became too late to send it. Its stories are free for the next edition.",
    ),
}


def standing(view: EditionView) -> Standing:
    state = view.edition.state
    if state is EditionState.DRAFT:
        return _draft(view)
    if state is EditionState.PASSED_OVER:
        because = view.edition.because or "its time passed"
        return Standing(tone="quiet", label="Passed over", advice=f"It did not go out: {because}.")
    stand = _STANDINGS[state]
    return replace(stand, command=_command(view, stand.command)) if stand.command else stand


def _draft(view: EditionView) -> Standing:
    if not view.edition.covers_to_end:
        return Standing(
            tone="busy",
            label="Draft – window still open",
            advice=f"Stories up to {day(view.edition.period.last_day)} still join. Look again after that day.",
            command=_command(view, "preview"),
        )
    if view.needs_approval:
        ready = Standing(
            tone="draft",
            label="Draft – ready to approve",
            advice="Look through the mails, then approve them with your name.",
            command=f"{_command(view, 'approve')} --by NAME",
        )
    else:
        ready = Standing(
            tone="draft",
            label="Draft – ready to send",
            advice="Look through the mails, then send them.",
            command=_command(view, "send"),
        )
    return ready if view.readers else replace(ready, advice=f"Nobody is subscribed yet. {ready.advice}")


def _command(view: EditionView, verb: str) -> str:
    chosen = f" --newsletter {quote(view.edition.newsletter)}" if view.names_newsletter else ""
    return f"digest {verb} {quote(view.edition.key)}{chosen}"
