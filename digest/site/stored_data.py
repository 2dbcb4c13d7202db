"""What is stored about readers, in plain words: as the settings make it, and as the program does it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from digest.mail.wording import Words
from digest.settings.settings import Settings

_MONTH = timedelta(days=365.25 / 12)


def privacy_text(words: Words, settings: Settings) -> Sequence[str]:
    return tuple(_said(words, settings))


def _said(words: Words, settings: Settings) -> Iterator[str]:
    say = words.translations.gettext
    publisher = settings.publisher
    names = {"publisher": publisher.name(words.language), "address": publisher.address}
    yield say("%(publisher)s, %(address)s, sends newsletters to people who asked for them, and to nobody else.") % names
    yield say(
        "Of a reader we store the mail address, the name if it was given, which newsletters, audiences and language "
        "they get, when and how they agreed and to which words, and what they changed since."
    )
    yield say("Of each mail we store which one it was, when it left, and whether the other server took it.")
    if settings.mailbox is not None:
        yield say(
            "What comes back is read by a program: whether a mail was refused, and whether somebody asks to leave."
        )
    yield say(
        "We do not know whether you read a mail, or which links you follow: there is no tracking pixel, and links lead "
        "where they say. These pages set no cookies, ask no other server, and keep no list of their visitors."
    )
    if settings.serve.sign_up:
        yield say(
            "An address that nobody confirmed gets nothing but the one mail that asks, and is forgotten after a week."
        )
        yield say(
            "So that nobody floods strangers with such mails, a mark that stands for the network a form came from is "
            "kept for two days at most; nobody can read the network in it."
        )
    yield say(
        "Who leaves gets nothing more. We keep the address, and that it left, so that no list brings it back by "
        "mistake."
    )
    if settings.keep is not None:
        yield say(
            "%(months)s months after somebody left, or after a mail was sent to them, it is forgotten who that was: "
            "what stays is a mark that keeps the address out, and numbers."
        ) % {"months": round(settings.keep / _MONTH)}
    contacts = dict.fromkeys(one.reply_to or next(iter(one.sender.values())).address for one in settings.newsletters)
    yield say("Write to %(contact)s to see what is stored about you, to correct it, or to have it erased.") % {
        "contact": ", ".join(contacts)
    }
