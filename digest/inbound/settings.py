"""`mailbox:` in `digest.yaml`: where mail that comes back is read, and what is done with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from digest.foundation.catalogue import _
from digest.foundation.imap_settings import ImapKeys, ImapServerSettings, imap_server
from digest.foundation.values import Duration, FilePath, Keys, Line, MailAddress, located
from digest.inbound.inbound import Scoring, memory
from digest.newsletters.period import PeriodKind

MOST_WEIGHT = 100


def _weight(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_WEIGHT:
        raise ValueError(_("must be a number above 0, at most {most}").format(most=MOST_WEIGHT))
    return float(value)


Weight = Annotated[float, PlainValidator(_weight, json_schema_input_type=float)]


class ScoreKeys(Keys):
    model_config = ConfigDict(title="Score")

    hard: Weight = Field(default=1.0, description="What a bounce for good counts, once a day at most.")
    soft: Weight = Field(default=0.5, description="What a bounce for now counts, such as a full mailbox.")
    threshold: Weight = Field(default=5.0, description="From this sum on an address gets no more mail.")
    forget_after: Duration | None = Field(
        default=None,
        description="Without bounces for so long the sum begins anew. Left out: 30 days, or two periods of the rarest "
        "newsletter if that is longer.",
    )


class MailboxKeys(Keys):
    model_config = ConfigDict(title="Mailbox")

    maildir: FilePath | None = Field(default=None, description="A Maildir, the folder with new and cur.")
    mbox: FilePath | None = Field(default=None, description="A file with all mails one after the other.")
    imap: ImapKeys | None = Field(default=None, description="A mailbox on a server.")
    then: Literal["keep", "move", "delete"] = Field(
        default="keep",
        description="What becomes of mails that were understood: keep (marked as read), move (into digest-done) or "
        "delete. All others are left as they are.",
    )
    forward_to: MailAddress | None = Field(
        default=None, description="Who gets the mails that a person should read. Left out: they stay where they are."
    )
    trusted: Line | None = Field(
        default=None,
        description="The name under which your mail server writes Authentication-Results, such as mx.example.org: "
        "what failed there asks for nothing.",
    )
    canary: MailAddress | None = Field(
        default=None,
        description="The address of a subscriber of yours whose mail arrives in this mailbox: each edition is looked "
        "for there, and a run says so when it has not arrived.",
    )
    score: ScoreKeys = Field(default=ScoreKeys(), description="When an address that returns mail is given up.")

    @model_validator(mode="after")
    def agree(self) -> Self:
        if sum(one is not None for one in (self.maildir, self.mbox, self.imap)) > 1:
            raise PydanticCustomError("mailbox", _("takes one of maildir, mbox and imap, not several"))
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """At most one of `maildir`, `mbox` and `imap` is set; with none, mail comes through a pipe only."""

    maildir: Path | None
    mbox: Path | None
    imap: ImapServerSettings | None
    then: str
    forward_to: str | None
    scoring: Scoring
    trusted: str | None = None
    canary: str | None = None

    @property
    def has_place(self) -> bool:
        return any(one is not None for one in (self.maildir, self.mbox, self.imap))


def mailbox_settings(workspace: Path, keys: MailboxKeys, periods: Iterable[PeriodKind]) -> MailboxSettings:
    """`periods` are those of the newsletters."""
    score = keys.score
    return MailboxSettings(
        maildir=located(workspace, keys.maildir),
        mbox=located(workspace, keys.mbox),
        imap=imap_server(workspace, keys.imap) if keys.imap else None,
        then=keys.then,
        forward_to=keys.forward_to,
        trusted=keys.trusted,
        canary=keys.canary,
        scoring=Scoring(
            hard=score.hard,
            soft=score.soft,
            threshold=score.threshold,
            forget_after=score.forget_after or memory(periods),
        ),
    )
