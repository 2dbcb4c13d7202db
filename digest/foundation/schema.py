"""The schema: all tables on one page, from the sources up.

Instants are text in UTC (`digest.foundation.database.stored`), dates ISO text, flags 0 or 1. What one question alone
asks for is JSON, and bytes are compressed. Rows are known by number inside; only a subscriber's public id goes out.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_LARGE = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's integers are all as large as that

# -- Intake.

# Texts in one language, as sources brought them, and the story each of them tells.
items = Table(
    "items",
    metadata,
    Column("id", String, primary_key=True),
    Column("story_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("published_on", String, nullable=False),
    Column("language", String, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("content", String, nullable=False),  # JSON: everything else of the item
    Column("date_state", String, nullable=False, server_default="unseen"),  # whether its date may be believed
    Index("ix_items_story_id", "story_id"),
    Index("ix_items_source", "source"),
    Index("ix_items_date_state", "date_state"),
)

# What people say of two items: that they tell the same story, or do not. The lesser id comes first; with an empty `by`
# it was found, which counts once an edition has taken the two as one.
judgements = Table(
    "judgements",
    metadata,
    Column("one", String, primary_key=True),
    Column("other", String, primary_key=True),
    Column("same", Integer, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    sqlite_with_rowid=False,
)
# What collecting warns of, or is to be done, and a person has found right: it is not said again.
accepted_findings = Table(
    "accepted_findings",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("place", String, nullable=False),  # where it stood
    Column("cause", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("because", String),
)

# Pictures as mails carry them, each under the name by which stories ask for it.
pictures = Table(
    "pictures",
    metadata,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# The files of a source as they were last read, and the version of the reader that first read them so. What each brought
# beside its items is JSON; where it is missing, the file is read again.
files_read = Table(
    "files_read",
    metadata,
    Column("source", String, primary_key=True),
    Column("file", String, primary_key=True),
    Column("fingerprint", String, nullable=False),  # of its bytes, and of what the settings say of reading it
    Column("reader", String, nullable=False),
    Column("brought", String),
    sqlite_with_rowid=False,
)

# What is remembered of a source that is asked over the network, as JSON, and its last document that could be read.
source_memories = Table(
    "source_memories",
    metadata,
    Column("source", String, primary_key=True),
    Column("memory", String, nullable=False),
    Column("document", LargeBinary, nullable=False),  # zlib; empty while there was none
    sqlite_with_rowid=False,
)

# -- People.

# Each person once, by their address.
subscribers = Table(
    "subscribers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("public_id", String, nullable=False, unique=True),  # random: it stands in links, row numbers never do
    Column("address", String, nullable=False),
    Column("folded", String, nullable=False, unique=True),
    Column("name", String),
    Column("suppressed_at", String),
)
# Newsletter × set of audiences × language, interned: many subscriptions point to one.
choices = Table(
    "choices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("newsletter", String, nullable=False),
    Column("audiences", String, nullable=False),  # sorted, joined with a space
    Column("language", String, nullable=False),
    UniqueConstraint("newsletter", "audiences", "language"),
)
# Subscriber × newsletter.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber", ForeignKey("subscribers.number"), primary_key=True),
    Column("newsletter", String, primary_key=True),
    Column("choice", ForeignKey("choices.number"), nullable=False),
    Column("active", Integer, nullable=False),
    Column("consent_on", String),
    Column("consent_how", String),
    Column("left_at", String),
    # Whether the subscriber file has it, or had it: who was added by hand is not missed there.
    Column("from_file", Integer, nullable=False, server_default="1"),
    Column("unconfirmed_since", String),  # they were asked to confirm it, and have not yet; nothing: they need not
    Column("resumes_at", String),  # they paused it until then; nothing: they did not, or it is over
    Column("chosen_at", String),  # they chose for themselves, and the subscriber file changes it no more
    Column("new_since", String),  # they came one by one, and nobody has decided yet whether they are welcomed
    Index("ix_subscriptions_choice", "choice"),
    Index("ix_subscriptions_resumes_at", "resumes_at", sqlite_where=text("resumes_at IS NOT NULL")),
    Index("ix_subscriptions_new_since", "new_since", sqlite_where=text("new_since IS NOT NULL")),
)
# Who is to get no more mail, because of what came back or because the office said so, and whether they were told.
departures = Table(
    "departures",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("newsletter", String),  # nothing: all of them
    Column("language", String),
    Column("cause", String, nullable=False),
    Column("at", String, nullable=False),
    Column("confirmation", String, nullable=False),  # none, due, begun, sent, given-up
    Column(
        "message", String
    ),  # the fingerprint of the incoming one that caused it; nothing: no mail did, or an old one
    Index("ix_departures_subscriber", "subscriber"),
    CheckConstraint("cause IN ('bounced', 'complained', 'asked', 'removed')", name="cause"),
)
# What people of the office did to a subscriber, and what these agreed to or asked for themselves: by whom, why, and
# through which door. Rows are only added: triggers see to it.
subscriber_events = Table(
    "subscriber_events",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("newsletter", String),  # nothing: all of them
    Column("step", String, nullable=False),
    Column("said", String, nullable=False),  # what it was before, or the consent
    Column("by", String, nullable=False),
    Column("because", String),
    Column("at", String, nullable=False),
    Column("how", String),  # of what they did themselves: the door, such as a form or a mail
    Column("text", String),  # the version of the text that they agreed to
    Index("ix_subscriber_events_subscriber", "subscriber"),
    CheckConstraint(
        "step IN ('added', 'changed', 'removed', 'suppressed', 'readmitted', "
        "'asked', 'confirmed', 'chosen', 'paused', 'resumed', 'left')",
        name="step",
    ),
)

# One row, for as long as a transaction forgets people: then alone may their events be changed or taken away.
forgetting = Table(
    "forgetting",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("one = 1", name="one"),
)
_UNLESS_FORGETTING = (
    "WHEN NOT EXISTS (SELECT 1 FROM forgetting) BEGIN SELECT RAISE(ABORT, 'events are only added'); END"
)
TRIGGERS = tuple(
    f"CREATE TRIGGER subscriber_events_no_{step} BEFORE {step} ON subscriber_events {_UNLESS_FORGETTING}"
    for step in ("update", "delete")
)

# Addresses that were erased, as a keyed hash: none of them comes back but by a readmission.
erasures = Table(
    "erasures",
    metadata,
    Column("hash", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    sqlite_with_rowid=False,
)

# Mails that pages owe to people: to confirm what they asked for, or with the link to what they get.
notices = Table(
    "notices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subscriber", ForeignKey("subscribers.number", ondelete="CASCADE"), nullable=False),
    Column("newsletter", String, nullable=False),
    Column("at", String, nullable=False),
    Column("state", String, nullable=False),
    Index("ix_notices_subscriber", "subscriber"),
    Index("ix_notices_due", "state", sqlite_where=text("state = 'due'")),
    CheckConstraint("kind IN ('confirm', 'link')", name="kind"),
    CheckConstraint("state IN ('due', 'begun', 'sent', 'failed')", name="state"),
)
# How much strangers may still ask for, each known by a keyed hash, such as that of a network. Who may ask for all of it
# has no row. Times are seconds since 1970.
allowances = Table(
    "allowances",
    metadata,
    Column("hash", String, primary_key=True),
    Column("left", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("full_at", Float, nullable=False),
    sqlite_with_rowid=False,
)

# -- Editions.

# When each newsletter was first seen: what it would have sent before is not made up for.
newsletters = Table(
    "newsletters",
    metadata,
    Column("name", String, primary_key=True),
    Column("started_on", String, nullable=False),
)
# Newsletter × period × revision.
editions = Table(
    "editions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("newsletter", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("period", String, nullable=False),  # the period's key
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("fingerprint", String),
    Column("built_at", String),
    Column("covers_to_end", Integer, nullable=False),
    Column("approved_by", String),
    Column("approved_at", String),
    Column("approved_as", String),  # the system user and host that the name was given on
    Column("approved_code", String),  # of the draft that was looked at
    Column("left_out", String),  # JSON: audience → why it was left out when it was sealed
    Column("withheld", String),  # JSON: audience → why who chose nothing else gets no mail of it
    Column("accepted", String),  # JSON: findings that a person let pass
    Column("sealed_at", String),
    Column("sending_at", String),
    Column("finished_at", String),
    Column("window_start", String, nullable=False),
    Column("window_end", String, nullable=False),  # the first date after the window
    Column("because", String),  # why it was missed, expired, reopened or reissued
    Column("readers", String),  # JSON: audience → subscribers, when it was sealed
    Column("made_up", Integer, nullable=False, server_default="0"),  # it was missed, and a person wants it made
    Column("occasion", String),  # JSON: of an edition outside the calendar, its title and its audiences
    Column("sender", String),  # the process that sends it, as `digest.foundation.processes` names it
    Column("route", String),  # JSON: how its mails leave, once its recipients are frozen
    Column("supplement", String),  # JSON: what it is of another edition, its instalment or a correction
    UniqueConstraint("newsletter", "period", "revision"),
    CheckConstraint(
        "state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'missed', 'expired')", name="state"
    ),
)
# What an edition decided about each story.
verdicts = Table(
    "verdicts",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("story_id", String, primary_key=True),
    Column("place", Integer, nullable=False),  # reading order
    Column("ruling", String, nullable=False),
    Column("late", Integer, nullable=False),
    Column("missed", Integer, nullable=False, server_default="0"),  # it should have been in an edition that was missed
    Column("reason", String, nullable=False),
)
# The stories that sealed editions have taken: a story is taken once per newsletter.
settled = Table(
    "settled",
    metadata,
    Column("newsletter", String, primary_key=True),
    Column("story_id", String, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
)
# Items that were there in time for an edition which did not take them.
carried_over = Table(
    "carried_over",
    metadata,
    Column("newsletter", String, primary_key=True),
    Column("item_id", String, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),  # the first that did not
    Column("standing", String, nullable=False),
    Index("ix_carried_over_edition", "edition"),
    CheckConstraint("standing IN ('waits', 'missed', 'moved')", name="standing"),
    sqlite_with_rowid=False,
)
# The mails of an edition: the very bytes.
variants = Table(
    "variants",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("place", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("audiences", String, nullable=False),  # JSON list
    Column("stories", String, nullable=False),  # JSON list
    Column("fingerprint", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("html", LargeBinary, nullable=False),  # zlib
    Column("text", LargeBinary, nullable=False),  # zlib
    Column("message", LargeBinary, nullable=False),  # zlib
    UniqueConstraint("edition", "name"),
)
# The pictures that its messages carry, or link to, as they stand in a message, each once.
carried_pictures = Table(
    "carried_pictures",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("picture", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # zlib
    sqlite_with_rowid=False,
)
# What an edition keeps of itself: every word that is told of it later.
records = Table(
    "records",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # zlib, JSON: see `digest.editions.record`
)
# What an edition's fingerprint covers, word for word: with it, the stored mails can be compared with what was approved.
descriptions = Table(
    "descriptions",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # JSON, zlib
)
# Texts that changed after the approval, and a person said that what was approved is to be sent all the same.
as_approved = Table(
    "as_approved",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("fingerprint", String, nullable=False),  # of exactly those changes
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
# What a person puts their name under when they approve a draft.
outlines = Table(
    "outlines",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("content", String, nullable=False),  # JSON: see `digest.editions.draft_outline`
)
# Which draft each system user looked at last, and how.
looks = Table(
    "looks",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("login", String, primary_key=True),  # system user and host
    Column("at", String, nullable=False),
    Column("how", String, nullable=False),
    Column("content", String, nullable=False),  # JSON: the outline as it was
)
# Which variant of an edition serves a choice; no variant: nothing in it concerns that choice.
servings = Table(
    "servings",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("choice", ForeignKey("choices.number"), primary_key=True),
    Column("variant", ForeignKey("variants.number", ondelete="CASCADE")),
)
# What reviewers said about their part of an edition; good for the very content with that fingerprint.
answers = Table(
    "answers",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("approved", Integer, nullable=False),  # 0: refused
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("because", String),
    Column("answered_as", String),  # the system user and host that the name was given on
)
# Which content of a part each reviewer was sent.
review_mails = Table(
    "review_mails",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("reviewer", String, primary_key=True),  # the address, folded
    Column("fingerprint", String, nullable=False),
    Column("sent_at", String, nullable=False),
    Column("asked_at", String),  # when the first mail about this part was sent
)

# Of which editions staff were reminded, by the time that the settings say.
reminders = Table(
    "reminders",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("due_at", String, primary_key=True),
    Column("sent_at", String, nullable=False),
)

# -- Delivery.

# The ledger: who gets what, and got it.
deliveries = Table(
    "deliveries",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("subscriber", ForeignKey("subscribers.number"), primary_key=True),
    Column("variant", ForeignKey("variants.number")),
    Column("address", String, nullable=False),
    Column("name", String),
    Column("state", String, nullable=False),
    Column("changed_at", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", String),
    Column("dated_at", String),  # the Date of the message that left, or may have
    Column("answer", String),  # the server's last one
    Column("why", String),  # the class of a refusal, or the server's name for what it accepted
    Column("welcomed_at", String),  # of a new subscriber, who was to get it once it had gone out
    # Where several machines send out of one database: whose it is, or was. A claim holds as long as the lease does.
    Column("worker", String),
    Column("fence", Integer),
    Index("ix_deliveries_state", "edition", "state"),
    Index("ix_deliveries_welcomed_at", "welcomed_at", sqlite_where=text("welcomed_at IS NOT NULL")),
    CheckConstraint("state IN ('pending', 'intent', 'sent', 'failed', 'held', 'no-variant', 'left')", name="state"),
    sqlite_with_rowid=False,
)
# Processes that send out of a database of several machines; one for each time that such a process begins.
workers = Table(
    "workers",
    metadata,
    Column("fence", Integer, primary_key=True),  # each is greater than those before it
    Column("id", String, nullable=False, unique=True),  # random
    Column("place", String, nullable=False),  # the name of the folder of its marks
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String, nullable=False),
    Column("lease_until", String, nullable=False),  # by the clock of the database, as is the next one
    Column("seen_at", String, nullable=False),
    Column("allotted", Integer, nullable=False, server_default="0"),  # of the day's quota, and not told as sent yet
)
# What several machines share so that they keep to one rate: when each bucket of tokens will be full again.
buckets = Table(
    "buckets",
    metadata,
    Column("name", String, primary_key=True),  # all; @ and a domain; daily: whoever divides the day's quota has it
    Column("full_at", Float, nullable=False),  # in seconds since 1970, by the clock of the database
    sqlite_with_rowid=False,
)
# Each time nobody could know whether a message was accepted, and what was done about it.
doubts = Table(
    "doubts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("at", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("said", String, nullable=False),
    Column("remedy", String, nullable=False),
    Index("ix_doubts_edition", "edition"),
)
# What a person decided about single deliveries, such as those in doubt.
decisions = Table(
    "decisions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("step", String, nullable=False),
    Column("before", String, nullable=False),  # the state until then
    Column("because", String),
    Index("ix_decisions_edition", "edition"),
)
# When the sending of an edition was halted, by whom and why. One that is not lifted holds.
pauses = Table(
    "pauses",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("kind", String, nullable=False),
    Column("at", String, nullable=False),
    Column("by", String),  # nobody: the program itself
    Column("because", String, nullable=False),
    Column("until", String),  # when a limit is asked again
    Column("lifted_at", String),
    Column("lifted_by", String),
    Index("ix_pauses_edition", "edition"),
    Index(
        "uq_pauses_holding",
        "edition",
        unique=True,
        sqlite_where=text("lifted_at IS NULL"),  # a word for another database loads all of its dialect
    ),
)
# Test mails: they are no deliveries.
test_mails = Table(
    "test_mails",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("variant", String, primary_key=True),  # its name
    Column("folded", String, primary_key=True),  # the address
    Column("fingerprint", String, nullable=False),  # the variant's
    Column("sent_at", String, nullable=False),
)

# -- Where this copy of the database may send, and what it was told of when it was adopted.

# One row: what this copy of the database is, how many commits the send journal was told of, and where it may send.
instance = Table(
    "instance",
    metadata,
    Column("id", String, primary_key=True),  # random
    Column("commits", _LARGE, nullable=False),
    Column("machine", String),  # hashed; nothing: no machine is known
    Column("place", String),  # which file marks the place; nothing: it has not sent yet
    Column("folder", String),
    Column("copied_at", String),  # when this copy was made: it may not send until it is adopted
    Column("journal_fingerprint", String),  # of a copy: SHA-256 of the journal's first bytes
    Column("journal_bytes", _LARGE),  # … and how many they are
    Column("journal_commit", _LARGE),  # … and the commit of the last line in them
    Column("subscribers", Integer),  # of a copy: the greatest number of a subscriber in it
    Column("retired_to", String),  # the database that has all of it since: nothing is changed here any more
    Column("retired_at", String),
    Column("arriving_from", String),  # the database whose copy this is, as long as that one is not retired
    Column("server", String),  # of a database of several machines: what tells it from every copy of it
    Column("secret", String),  # … what tells the secret that all of them have from others
    Column("stopped_by", String),  # … the host whose send journal goes on where this database does not
)
# Of a database of several machines: the folder of each from which mails have left, or may. Elsewhere `instance` has it.
places = Table(
    "places",
    metadata,
    Column("name", String, primary_key=True),  # random; the mark in that folder says it
    Column("host", String),
    Column("machine", String),  # as in `instance`, and so are the next two
    Column("mark", String),
    Column("folder", String),
    Column("commits", _LARGE, nullable=False),  # its own: the lines of its send journal carry their number
    Column("journalled", _LARGE, nullable=False),  # … the last of them that is surely in that journal
)
# Locks that hold on all hosts of one database: who took each last, and how often it was taken (its fence).
locks = Table(
    "locks",
    metadata,
    Column("name", String, primary_key=True),
    Column("fence", _LARGE, nullable=False),
    Column("host", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("since", String, nullable=False),
    sqlite_with_rowid=False,
)
# When people let a copy of the database go on, and what was known then.
adoptions = Table(
    "adoptions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("because", String),
    Column("before", String, nullable=False),  # the instance whose copy it was
    Column("ground", String, nullable=False),
    Column("unknown_until", String),  # editions of windows that end by this date may have gone out unknown to us
    Column("subscribers", Integer),  # the greatest number of a subscriber in the copy; nothing: nobody knows
)
# What the journal tells of editions that are not in the ledger: whoever got them gets no second copy.
journalled = Table(
    "journalled",
    metadata,
    Column("edition", String, primary_key=True),  # its name
    Column("delivery", String, primary_key=True),  # the subscriber's public id
    Column("kind", String, nullable=False),
    sqlite_with_rowid=False,
)
# Editions that a person says have not gone out.
releases = Table(
    "releases",
    metadata,
    Column("edition", String, primary_key=True),  # its name
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("because", String),
)

# -- Inbound.

# Messages of the mailbox that were read once, whichever way they came.
incoming = Table(
    "incoming",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("read_at", String, nullable=False),
    Column("forward", String),  # due, sent; nothing: it is not to be passed on
)
# Where they lie, so that none is read again. One that is not settled is still to be put away.
incoming_places = Table(
    "incoming_places",
    metadata,
    Column("place", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", ForeignKey("incoming.fingerprint"), nullable=False),
    Column("settled", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# What came back about deliveries.
returns = Table(
    "returns",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("fingerprint", ForeignKey("incoming.fingerprint"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("edition", ForeignKey("editions.number")),  # nothing: only the person is known
    Column("kind", String, nullable=False),
    Column("status", String),
    Column("said", String, nullable=False),  # short, without addresses
    Column("at", String, nullable=False),
    UniqueConstraint("fingerprint", "subscriber"),
    Index("ix_returns_subscriber", "subscriber"),
    Index("ix_returns_edition", "edition"),
)

# Whether anything answers at the address of the public pages.
pages_asked = Table(
    "pages_asked",
    metadata,
    Column("url", String, primary_key=True),
    Column("asked_at", String, nullable=False),
    Column("trouble", String),  # nothing: something answered
    Column("answered_at", String),  # when something did for the last time; nothing: never
    sqlite_with_rowid=False,
)

# -- Runs.

# What `digest run` did. Runs that found the same as the one before them are counted in its row.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("began_at", String, nullable=False),
    Column("last_at", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("exit_code", Integer),  # nothing: it is under way, or was killed
    Column("rehearsed", Integer, nullable=False),  # its clock was given by a person
    Column("inputs", String, nullable=False),  # what the folders and files looked like
    Column("done", String, nullable=False),  # JSON list: what it did, in plain words
    Column("trouble", String, nullable=False),  # JSON list: what it said
)
