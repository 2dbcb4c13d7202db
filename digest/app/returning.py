"""Returning: the mailbox of a workspace, and what stands behind its reading."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from digest.app.secrets import secret_from
from digest.errors import ConfigurationError, PartlyFailedError
from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.model.returns import Confirmation, IncomingMail, Scoring
from digest.policy.returns import memory

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.pipeline.concerning import Judged
    from digest.pipeline.returns import Read
    from digest.ports import Mailbox

LOCK = "mailbox.lock"
PIPED_MOST = 32 << 20  # bytes of a message that comes through a pipe


class WorkspaceProofs:
    """Implements `digest.ports.Proofs` with the workspace's secret."""

    PROOF = 12  # hex characters, as the composer writes them into a delivery's name

    def __init__(self, workspace: "Workspace") -> None:
        from digest.rendering.tokens import Secret
        from digest.store.keys import make_secret, read_secret

        if not any(edition.sealed_at for edition in workspace.editions.editions()):
            make_secret(workspace.secret)
        self._secret = Secret(read_secret(workspace.secret))

    def delivery(self, edition: Edition, public_id: str) -> str:
        return f"{public_id}-{self.identity(edition, public_id)[: self.PROOF]}"

    def identity(self, edition: Edition, public_id: str) -> str:
        return self._secret.identities(edition)(public_id)

    def token(self, newsletter: str, public_id: str) -> str:
        return self._secret.tokens(newsletter)(public_id)


def read_configured(
    workspace: "Workspace",
    *,
    dry: bool = False,
    stop: Callable[[], bool] = lambda: False,
    show: "Callable[[IncomingMail, Judged], None]" = lambda _mail, _judged: None,
) -> "Read":
    """Read the mailbox of the settings. `dry`: write nothing, touch nothing, send nothing.

    Raise `ConfigurationError` when the settings name none, `BusyError` while another process reads it.
    """
    from digest.store.connection import exclusive

    if workspace.settings.mailbox is None or not workspace.settings.mailbox.has_place:
        raise ConfigurationError(
            "mailbox",
            "digest.yaml names no mailbox",
            "write where mail comes back: mailbox: {maildir: …}, {mbox: …} or {imap: …}",
        )
    with nullcontext() if dry else exclusive(workspace.folder / LOCK), _opened(workspace, dry=dry) as mailbox:
        return _read(workspace, mailbox, dry=dry, stop=stop, show=show)


def read_piped(
    workspace: "Workspace",
    raw: bytes,
    *,
    dry: bool = False,
    show: "Callable[[IncomingMail, Judged], None]" = lambda _mail, _judged: None,
) -> "Read":
    """Read one message that came through a pipe. Whoever gave it keeps it unless all that it asks for was done."""
    from digest.mailbox.piped import Piped

    if len(raw) > PIPED_MOST:
        raise PartlyFailedError("the message", f"it has more than {PIPED_MOST >> 20} MB", "look at it yourself")
    return _read(workspace, Piped(raw), dry=dry, stop=lambda: False, show=show)


def _read(
    workspace: "Workspace",
    mailbox: "Mailbox",
    *,
    dry: bool,
    stop: Callable[[], bool],
    show: "Callable[[IncomingMail, Judged], None]",
) -> "Read":
    from digest.app.adopting import refuse_fenced
    from digest.app.shadow import shadow_of
    from digest.mailbox.looking import OnlyLooking

    if not dry:
        refuse_fenced(workspace)
        return _carried_out(workspace, mailbox, stop, show)
    with shadow_of(workspace) as shadow:
        return _carried_out(shadow, OnlyLooking(mailbox), stop, show, posts=False)


def _carried_out(
    workspace: "Workspace",
    mailbox: "Mailbox",
    stop: Callable[[], bool],
    show: "Callable[[IncomingMail, Judged], None]",
    *,
    posts: bool = True,
) -> "Read":
    from digest.mailbox.opening import MOST_BYTES
    from digest.mailbox.reading import read
    from digest.pipeline.returns import Parts, read_mailbox
    from digest.store.returns import Returns

    wished = workspace.settings.mailbox
    forward_to = wished.forward_to if wished else None
    scoring = wished.scoring if wished else _usual_scoring(workspace)
    parts = Parts(
        mailbox=mailbox,
        store=Returns(workspace.database),
        proofs=WorkspaceProofs(workspace),
        clock=workspace.clock,
        newsletters=workspace.settings.newsletters,
        scoring=scoring,
        parse=read,
        parsed_most=MOST_BYTES,
        fold=_folded,
        confirm=lambda one: _confirm(workspace, one, posts=posts),
        forward=None
        if forward_to is None
        else lambda raw, mail: _forward(workspace, forward_to, raw, mail, posts=posts),
        show=show,
        stop=stop,
    )
    return read_mailbox(parts)


def _usual_scoring(workspace: "Workspace") -> Scoring:
    return Scoring(forget_after=memory([one.schedule.kind for one in workspace.settings.newsletters]))


def _confirm(workspace: "Workspace", confirmation: Confirmation, *, posts: bool) -> bool:
    from digest.app.posting import post
    from digest.rendering.leaving_mail import leaving_envelope

    known = {one.name: one for one in workspace.settings.newsletters}
    newsletter = known.get(confirmation.newsletter or "") or workspace.settings.newsletters[0]
    language = confirmation.language if confirmation.language in newsletter.languages else newsletter.languages[0]
    words = workspace.renderer.words(language or newsletter.languages[0])
    titles = [known[name].title(words.language) for name in confirmation.remaining if name in known]
    envelope = leaving_envelope(words, workspace.settings.publisher, newsletter, confirmation, titles)
    return post(workspace.transport(), envelope) if posts else True


def _forward(workspace: "Workspace", to: str, raw: bytes, mail: IncomingMail, *, posts: bool) -> None:
    from digest.app.posting import post
    from digest.rendering.passed_on import passed_on

    newsletter = _written_to(workspace, mail)
    words = workspace.renderer.words(newsletter.languages[0])
    envelope = passed_on(words, newsletter, to, mail, raw, workspace.clock.now())
    if posts and not post(workspace.transport(), envelope):
        raise PartlyFailedError(
            "mailbox.forward_to", "the mail server refuses what is passed on", "look at the address"
        )


def _written_to(workspace: "Workspace", mail: IncomingMail) -> Newsletter:
    """The newsletter in whose name a message is passed on."""
    newsletters = workspace.settings.newsletters
    return next(
        (one for one in newsletters if one.reply_to and one.reply_to.lower() in mail.written_to), newsletters[0]
    )


def _folded(written: str) -> str | None:
    from digest.config.addresses import address

    try:
        return address(written).folded
    except ValueError:
        return None


@contextmanager
def _opened(workspace: "Workspace", *, dry: bool) -> "Iterator[Mailbox]":
    wished = workspace.settings.mailbox
    if wished is not None and wished.maildir is not None:
        from digest.mailbox.maildir import Maildir

        yield Maildir(wished.maildir, wished.then)
    elif wished is not None and wished.mbox is not None:
        from digest.mailbox.mbox import Mbox

        with Mbox(wished.mbox, wished.then) as box:
            yield box
    elif wished is not None and wished.imap is not None:
        # IMAPClient takes 25 ms, and most mailboxes are folders.
        from digest.mailbox.imap import ImapSettings, opened

        imap = wished.imap
        settings = ImapSettings(
            host=imap.host,
            port=imap.port,
            security=imap.security,
            username=imap.username,
            secret=secret_from(imap.password_file, imap.password_env),
            certificates=imap.certificates,
            folder=imap.folder,
            then=wished.then,
        )
        with opened(settings, only_looking=dry) as mailbox:
            yield mailbox
