"""Pages: an edition with all that staff look at, and the pages that are drawn from it: the list of editions, the
preview, and what stands on them.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from email.parser import BytesHeaderParser
from email.policy import default as modern
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path, PurePath
from shlex import quote
from urllib.parse import quote as url_quoted

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from digest.commands import bare, lasting
from digest.delivery.delivery import DeliveryState, Tally
from digest.desk import phrases
from digest.desk.history import History
from digest.editions import reasons
from digest.editions.changes import changes_since, headline, lines, remedy
from digest.editions.draft_outline import Outline
from digest.editions.edited_words import field_name
from digest.editions.obstacles import Obstacle, readiness
from digest.editions.record import Record, RecordedStory
from digest.editions.reviews import PartView
from digest.errors import CannotWriteError
from digest.foundation.catalogue import _, ngettext, plural, spoken
from digest.foundation.files import replace_whole
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import day, moment
from digest.intake.item import TagKind
from digest.mail.checks.rule import Finding
from digest.mail.content import Variant
from digest.mail.message import with_its_pictures
from digest.mail.wording import language_name
from digest.newsletters.edition import Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Approval, Newsletter
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """One variant as a sample reader gets it. `title` is its human name, `people` the readers it serves now; `beside`
    the subject is what inboxes show of the page; `headers` is what `headers_of(message)` says.
    """

    name: str
    title: str
    language: str
    subject: str
    beside: str
    people: int
    stories: int
    html: str
    text: str
    message: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story and what the edition decided about it. `place` is `file:line`, as far as it is known, of the item that is
    shown; `other_sources` published it, too.
    """

    story_id: str
    title: str
    published_on: date
    ruling: Ruling
    reason: str
    late: bool
    place: str
    countries: tuple[str, ...]
    topics: tuple[str, ...]
    other_sources: tuple[str, ...] = ()
    edited: tuple[tuple[str, str], ...] = ()  # each field that staff changed, with what its source says


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """An edition with all that staff look at. `tally` is there once its recipients are frozen.

    `problems` is what collecting complained about. Instants are shown in `timezone`. `names_newsletter` says that
    commands must name the newsletter, since the workspace has several. `parts` are there when it is reviewed by part.
    Under its `code` a draft can be approved; `to_do` counts what should be mended or accepted first. `findings` are the
    check's; `obstacles` keep it from being approved or sent, `None`: nobody asked.
    """

    edition: Edition
    newsletter_title: str
    period_title: str
    variants: tuple[VariantView, ...]
    stories: tuple[StoryRow, ...]
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    tally: Tally | None = None
    needs_approval: bool = True
    names_newsletter: bool = False
    parts: tuple[PartView, ...] = ()
    timezone: tzinfo = UTC
    findings: tuple[Finding, ...] = ()
    obstacles: tuple[Obstacle, ...] | None = ()
    outline: Outline | None = None
    code: str | None = None
    to_do: int = 0

    @property
    def readers(self) -> int:
        """Each person is served by one variant, so the variants' readers add up."""
        return sum(variant.people for variant in self.variants)

    @property
    def included(self) -> int:
        return self.rulings.get(Ruling.INCLUDED, 0)

    @property
    def rulings(self) -> Mapping[Ruling, int]:
        """How many stories got each ruling that occurs, included ones first; they add up to `len(stories)`."""
        counts = {ruling: sum(story.ruling is ruling for story in self.stories) for ruling in reversed(Ruling)}
        return {ruling: count for ruling, count in counts.items() if count}

    @property
    def unanswered(self) -> int:
        """Parts without an answer that counts."""
        return sum(part.status.is_open for part in self.parts)

    @property
    def errors(self) -> int:
        return sum(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def faults(self) -> int:
        """What the check calls an error."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)


# -- What is stored, as views.


def edition_view(
    instance: Instance, newsletter: Newsletter, edition: Edition, problems: tuple[Problem, ...] = ()
) -> EditionView:
    """Everything that people look at before they approve."""
    instance.keep_records()
    variants = instance.editions.variants(edition)
    history = History(instance.database)
    readers, record = history.people(edition), history.record(edition)
    return EditionView(
        edition=edition,
        newsletter_title=record.title_for_staff if record else newsletter.title_for_staff,
        period_title=phrases.period_title(edition.period),
        variants=tuple(_variant_view(instance, history, edition, v, readers.get(v.name, 0)) for v in variants),
        stories=_story_views(record, instance.editions.verdicts(edition)),
        needs_approval=newsletter.approval is Approval.REQUIRED or bool(edition.instalment),
        names_newsletter=len(instance.settings.newsletters) > 1,
        timezone=instance.settings.publisher.timezone,
        notes=_changes_said(instance, newsletter, edition),
        problems=problems,
        tally=instance.ledger.tally(edition) if edition.sending_at else None,
        outline=instance.editions.outline(edition),
        code=instance.editions.code(edition) if edition.state is EditionState.DRAFT else None,
        obstacles=None,
    )


def looked_through(instance: Instance, newsletter: Newsletter, view: EditionView) -> EditionView:
    """The same with what the check says, and what keeps it from being approved, or sent from here."""
    ready = readiness(instance.bench, newsletter, view.edition)
    fence = instance.fence if view.edition.state in (EditionState.SEALED, EditionState.SENDING) else None
    here = (
        ()
        if fence is None
        else (Obstacle(said=_("nothing is sent from here: {why}").format(why=fence.said), remedy=fence.remedy),)
    )
    return replace(view, findings=ready.findings, obstacles=(*here, *ready.obstacles))


def _changes_said(instance: Instance, newsletter: Newsletter, edition: Edition) -> tuple[str, ...]:
    """What sources say differently since it was approved, both wordings, and the ways on."""
    if edition.sealed_at is None:
        return ()
    changes = changes_since(instance.bench, newsletter, edition)
    if not changes.texts:
        return ()
    return (f"{headline(changes, edition)}: {remedy(edition)}", *(line.strip() for line in lines(changes)))


def _variant_view(instance: Instance, history: History, edition: Edition, variant: Variant, people: int) -> VariantView:
    message = instance.composer.sample(edition, variant.rendered.message).message
    return VariantView(
        name=variant.name,
        title=history.mail_title(edition, variant),
        language=variant.language,
        subject=variant.rendered.subject,
        beside=variant.rendered.beside_the_subject,
        people=people,
        stories=len(variant.story_ids),
        html=instance.composer.sample_body(edition, with_its_pictures(variant.rendered.html, variant.rendered.message)),
        text=instance.composer.sample_body(edition, variant.rendered.text),
        message=message,
        headers=headers_of(message),
    )


def _story_views(record: Record | None, verdicts: Iterable[Verdict]) -> tuple[StoryRow, ...]:
    """What was decided, with the words that the mails have."""
    if record is None:
        return ()
    known, language = record.by_id, record.languages[0]
    return tuple(
        _story_view(known[verdict.story_id], verdict, language) for verdict in verdicts if verdict.story_id in known
    )


def _story_view(recorded: RecordedStory, verdict: Verdict, language: str) -> StoryRow:
    story, item = recorded.story, recorded.story.in_language(language)
    edited = {field: said for words in recorded.source_words.values() for field, said in words.items()}
    edited |= recorded.source_words.get(item.id, {})
    return StoryRow(
        story_id=story.id,
        title=item.text.title,
        published_on=story.published_on,
        ruling=verdict.ruling,
        reason=reasons.said(verdict.reason),
        late=verdict.late,
        place=str(item.place),
        other_sources=tuple(sorted(story.sources - {item.source})),
        countries=tuple(sorted(story.values(TagKind.COUNTRY))),
        topics=tuple(sorted(story.values(TagKind.TOPIC))),
        edited=tuple((field_name(field), said) for field, said in edited.items()),
    )


def headers_of(message: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of a message in their order, unfolded, encoded words decoded (RFC 2047)."""
    return tuple((name, str(value)) for name, value in BytesHeaderParser(policy=modern).parsebytes(message).items())


# -- The label of an edition: how it stands and what is to be done next.


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLabel:
    """`tone` colours the label. `command` is the next step as it is typed; `None`: there is nothing to do now."""

    tone: str
    label: str
    advice: str
    command: str | None = None


def label_of(view: EditionView) -> StatusLabel:
    """How the edition stands and what is to be done next."""
    command = None
    match view.edition.state:
        case EditionState.DRAFT:
            return _draft(view)
        case EditionState.SEALED:
            tone, said, advice = "good", _("Approved"), _("The mails are fixed and can be sent.")
            command = _command(view, "send")
            if view.obstacles:
                tone, advice, command = "bad", _("It cannot be sent like this:"), None
        case EditionState.SENDING:
            tone, said = "busy", _("Sending")
            advice = _("Mails are leaving. Should that stop, go on with the same command.")
            command = _command(view, "send")
            if view.obstacles:
                tone, advice, command = "bad", _("It cannot be sent like this:"), None
        case EditionState.FINISHED:
            tone, said, advice = "good", _("Finished"), _("There is nothing left to do.")
        case EditionState.SKIPPED:
            tone, said = "quiet", _("Skipped")
            advice = _skipped(view)
        case EditionState.MISSED:
            tone, said = "quiet", _("Missed")
            because = view.edition.because or _("its time passed")
            advice = _("It did not go out: {because}.").format(because=because)
        case EditionState.EXPIRED:
            tone, said = "bad", _("Expired")
            advice = _("It became too late to send it. Its stories are free for the next edition.")
    return StatusLabel(tone=tone, label=said, advice=advice, command=command)


def _skipped(view: EditionView) -> str:
    if view.edition.is_over:
        return _("It did not go out: {because}.").format(because=view.edition.because)
    return _("Nothing goes out for this period. Should a story arrive for it, the edition opens again.")


def _draft(view: EditionView) -> StatusLabel:
    if not view.edition.covers_to_end:
        advice = _("Stories up to {day} still join. Look again after that day.")
        return StatusLabel(
            tone="busy",
            label=_("Draft – window still open"),
            advice=advice.format(day=day(view.edition.period.last_day)),
            command=_command(view, "preview"),
        )
    if view.obstacles is None:
        said = _("Draft – not approved yet") if view.needs_approval else _("Draft – not sent yet")
        advice = _("Look through the mails, and see what the check says of them.")
        return StatusLabel(tone="draft", label=said, advice=advice, command=_command(view, "preview"))
    if view.obstacles:
        said = _("Draft – cannot be approved yet") if view.needs_approval else _("Draft – cannot be sent yet")
        return StatusLabel(tone="bad", label=said, advice=_("This is in the way:"))
    if view.needs_approval:
        said, advice = _("Draft – ready to approve"), _("Look through the mails, then approve them with your name.")
        command = f"{_command(view, 'approve')} --by NAME{f' --code {view.code}' if view.code else ''}"
    else:
        said, advice = _("Draft – ready to send"), _("Look through the mails, then send them.")
        command = _command(view, "send")
    if view.to_do:
        said = plural("Draft – {count:,} thing to do", "Draft – {count:,} things to do", view.to_do)
    if not view.readers:
        advice = _("Nobody is subscribed yet. {advice}").format(advice=advice)
    return StatusLabel(tone="draft", label=said, advice=advice, command=command)


def _command(view: EditionView, verb: str) -> str:
    chosen = f" --newsletter {quote(view.edition.newsletter)}" if view.names_newsletter else ""
    return lasting(f"digest {verb} {quote(view.edition.key)}{chosen}")


# -- The list of editions: `editions/index.html`, from which everything that was built can be opened.

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def write_browse_page(instance: Instance) -> Path:
    """Replace `editions/index.html` and return its path."""
    newsletters = {newsletter.name: newsletter for newsletter in instance.settings.newsletters}
    views = [
        edition_view(instance, newsletters[edition.newsletter], edition)
        for edition in instance.editions.editions()
        if edition.newsletter in newsletters
    ]
    path = instance.folder / "editions" / "index.html"
    page = browse_page(views, os.path.relpath(instance.settings.delivery.path, instance.folder))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_whole(path, page.encode())
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
    return path


def browse_page(views: Sequence[EditionView], transport_folder: str | None) -> str:
    """One HTML file without scripts. Its links are relative to `editions/`, its mails stay in their own files.

    `transport_folder` is where the files transport writes, absolute or relative to the workspace; `None` when messages
    leave the machine.
    """
    ordered = sorted(views, key=lambda view: view.edition.newsletter)
    newsletters = [
        sorted(group, key=lambda view: (view.edition.period, view.edition.revision), reverse=True)
        for _, group in groupby(ordered, key=lambda view: view.edition.newsletter)
    ]
    return draw_page(
        "browse.html",
        newsletters=newsletters,
        policy=POLICY,
        suffixes=(("html", _("Mail")), ("txt", _("Plain text")), ("eml", _("Message file"))),
        link=_link,
        weight=_weight,
        sent_folder=lambda view: _sent_folder(view, transport_folder),
        sent=sum(view.tally[DeliveryState.SENT] for view in views if view.tally),
    )


def _link(view: EditionView, variant: VariantView, suffix: str) -> str:
    return url_quoted(f"{view.edition.folder}/variants/{variant.name}.{suffix}")


def _weight(variant: VariantView, suffix: str) -> int:
    """The size of the variant's file in bytes."""
    content = {"html": variant.html.encode(), "txt": variant.text.encode(), "eml": variant.message}
    return len(content[suffix])


def _sent_folder(view: EditionView, transport_folder: str | None) -> tuple[str, str] | None:
    """Where the edition's messages are, as people read it and as a link; `None` when there are none on this machine."""
    if transport_folder is None or view.tally is None:
        return None
    folder = PurePath(transport_folder) / view.edition.name
    link = Path(folder).as_uri() if folder.is_absolute() else url_quoted(f"../{folder.as_posix()}")
    return f"{folder.as_posix()}/", f"{link}/"


# -- The preview: one page that shows one edition, the mails as they will go and where every story went.

# A link in a mail opens beside the page. It stands after the mail's end, so that the mail itself is shown as it is.
NEW_TAB = '<base target="_blank">'
# Scripts, forms and leaving the frame stay forbidden. The same origin lets the page – never the mail, which runs
# nothing – measure the mail's height and keep the reader's place; links that were opened are free of the sandbox.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
# What a mail may do: its own style, and images that do not give the network away in clear text.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'"
SCRIPT = "preview.js"


def preview_page(view: EditionView, *, live: bool, watched: bool = True, version: str = "") -> str:
    """One HTML page. With `live` it fetches each variant from `variant/<n>.html` and `.json` and asks `changes` for a
    later version than `version`, which comes when inputs are `watched`; without, all mails are inside and only the
    chosen one is drawn.
    """
    return draw_page(
        "preview.html",
        view=view,
        live=live,
        watched=watched,
        version=version,
        policy=page_policy(live=live),
        sandbox=SANDBOX,
        script=SCRIPT,
        opening=framed(view.variants[0]) if view.variants else "",
        mails=[] if live else [variant_data(variant, whole=True) for variant in view.variants],
    )


def page_policy(*, live: bool) -> str:
    """The page's content security policy. Mails in `srcdoc` frames inherit it, so it also allows what mails need."""
    connect = "connect-src 'self'; " if live else ""
    return f"{MAIL_POLICY}; script-src {script_source(SCRIPT)}; {connect}frame-src 'self' about:"


def variant_data(variant: VariantView, *, whole: bool) -> dict[str, object]:
    """What the page's script needs to show the variant; with `whole` also the mail itself."""
    data: dict[str, object] = {"text": variant.text, "headers": variant.headers}
    if whole:
        data["html"] = framed(variant)
    return data


_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")
_AS_OUTLOOK = (
    (re.compile(r"<!--\[if !mso[^\]]*\]>(?:<!-->|-->).*?<!(?:--<!)?\[endif\]-->", re.DOTALL), ""),
    (re.compile(r"<!--\[if [^!\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL), r"\1"),
    (re.compile(r"<xml>.*?</xml>", re.DOTALL), ""),
    (re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}"), ""),
    (re.compile(r"background(?:-image)?\s*:[^;\"'}]*url\([^)]*\)[^;\"'}]*;?"), ""),
    (re.compile(r"\sbackground=\"[^\"]*\""), ""),
)
_DARK = {"dark": "(min-width: 0)", "light": "(max-width: 0)"}


def framed(variant: VariantView, seen_as: str = "") -> str:
    """The document inside the frame. `dark`: as a program shows it whose user wants it so; `outlook`: as Outlook for
    Windows does, without media queries and background pictures, and with what is written for it alone.
    """
    html = variant.html
    if seen_as == "dark":
        html = _SCHEME.sub(lambda found: _DARK[found[1]], html)
    elif seen_as == "outlook":
        for pattern, becomes in _AS_OUTLOOK:
            html = pattern.sub(becomes, html)
    return html + NEW_TAB


def frame_policy(seen_as: str = "") -> str:
    """Of that document. `bare`: without pictures."""
    policy = MAIL_POLICY.replace("img-src https: data:", "img-src 'none'") if seen_as == "bare" else MAIL_POLICY
    return f"sandbox {SANDBOX}; {policy}; frame-ancestors 'self'"


# -- How a page is drawn from its template. Every text is escaped; a name nobody gave is an error.


def draw_page(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@lru_cache
def inlined(name: str) -> Markup:
    """A file of ours that stands inside the page (style, script), as it is."""
    return Markup(files("digest.desk").joinpath("templates", name).read_text(encoding="utf-8"))  # noqa: S704 – our own file


def script_source(name: str) -> str:
    """What a content security policy calls the inlined script: `'sha256-…'`."""
    fingerprint = hashlib.sha256(inlined(name).encode()).digest()
    return f"'sha256-{base64.b64encode(fingerprint).decode()}'"


@pass_context
def _lasting(_context: Context, text: str) -> str:
    """Asked whenever a page is drawn: of a constant, Jinja would keep what the first page said, and its workspace."""
    return lasting(text)


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("digest.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {
        "day": day,
        "moment": moment,
        "window": phrases.window,
        "size": phrases.size,
        "label": label_of,
        "lasting": _lasting,
        "language_name": language_name,
        "encoded": lambda part: url_quoted(part, safe=""),
    }
    environment.globals |= {
        "_": _marked,
        "spoken": spoken,
        "said": _,
        "plural": _marked_plural,
        "inlined": inlined,
        "rulings": phrases.rulings(),
        "deliveries": phrases.delivery_states(),
        "columns": phrases.delivery_columns(),
        "severities": phrases.severities(),
        "part_states": phrases.part_states(),
        "silence": phrases.silence(),
    }
    return environment


def _marked(message: str) -> Markup:
    """A message is a part of the page; only what it is formatted with is escaped. Commands come through `lasting`."""
    return Markup(bare(_(message)))  # noqa: S704 – our own words


def _marked_plural(one: str, many: str, count: int, **values: object) -> Markup:
    return Markup(ngettext(one, many, count)).format(count=count, **values)  # noqa: S704 – our own words
