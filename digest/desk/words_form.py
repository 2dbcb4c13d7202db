"""What an edition says before its stories, at the desk: subject, preheader and introduction in each language, beside
the line that inboxes show, and the click that writes them into the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.desk.forms import FilledForm
from digest.desk.open_desk import OpenDesk
from digest.desk.pages import EditionView
from digest.editions.plans.plan import InboxLine, Plan
from digest.editions.plans.plan_file import INTRODUCTION, MOST_IN_LINE, inbox_line
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageWords:
    """`subject`, `preheader` and `introduction` are as the plan has them, else empty; `shown` and `beside` are what
    inboxes show now, in the mail with the most stories.
    """

    language: str
    sender: str
    subject: str
    preheader: str
    introduction: str
    shown: str
    beside: str


MOST = {line.value: most for line, most in MOST_IN_LINE.items()}


def words_of(
    instance: Instance, newsletter: Newsletter, edition: Edition, view: EditionView, plan: Plan
) -> Sequence[LanguageWords]:
    """One for each language of the newsletter."""
    introductions = instance.plans.introductions(newsletter, edition.period)
    found = []
    for language in newsletter.languages:
        mails = [one for one in view.variants if one.language == language]
        widest = max(mails, key=lambda one: one.stories, default=None)
        found.append(
            LanguageWords(
                language=language,
                sender=newsletter.sender[language].name or newsletter.sender[language].address,
                subject=plan.subjects.get(language, ""),
                preheader=plan.preheaders.get(language, ""),
                introduction=introductions.get(language, ""),
                shown=widest.subject if widest else "",
                beside=widest.beside if widest else "",
            )
        )
    return found


def word(desk: OpenDesk, newsletter: Newsletter, edition: Edition, form: FilledForm) -> str:
    """Write what is another than the page showed, in one language; all of it, or nothing."""
    plans, language, period = desk.instance.plans, form.get("language"), edition.period
    lines = [line for line in InboxLine if form.get(line.value) != form.get(f"was-{line.value}")]
    for line in lines:
        _refuse(line, form.get(line.value))
    said = "\n".join(form.text(INTRODUCTION).splitlines()).strip("\n")
    is_introduced = said != "\n".join(form.text(f"was-{INTRODUCTION}").splitlines()).strip("\n")
    if not lines and not is_introduced:
        raise UsageError(language, _("nothing in it is another than before"), _("change a word, then save it"))
    seen = form.get("plan")
    for line in lines:
        plans.word(newsletter, period, line, form.get(line.value), language, seen=seen)
        seen = plans.fingerprint(newsletter, period)
    if is_introduced:
        plans.introduce(newsletter, period, said, language, seen=seen)
    return _("It is written into the plan.")


def _refuse(line: InboxLine, text: str) -> None:
    """Raise `UsageError` for a text that cannot stand there."""
    try:
        if text:
            inbox_line(line, text)
    except ValueError as error:
        raise UsageError(line.value, str(error), _("write another one")) from error
