"""The mails with a link that pages send: to confirm, or to change what one gets."""

from dataclasses import dataclass, field
from datetime import datetime

from digest.foundation.workspace import Clock
from digest.mail.tokens import Purpose, Secret
from digest.newsletters.newsletter import Newsletter
from digest.site.drawing import Pages, words_of
from digest.site.limits import Allowance
from digest.site.notices import NoticePost, Sending, please_confirm, your_link
from digest.site.store import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMails:
    pages: Pages
    post: NoticePost
    secret: Secret
    clock: Clock
    once_a_day: Allowance = field(default_factory=lambda: Allowance(most=1, every=86_400))

    def ask(self, newsletter: Newsletter, language: str, to: str, public_id: str, asked_at: datetime) -> None:
        """To confirm what they asked for."""
        token = self.secret.confirmation(newsletter.name, public_id, asked_at)
        link = f"{self.pages.root}/confirm/{token}"
        self.post.put(please_confirm(self._sending(newsletter, language, to, link, asked_at)))

    def send(self, person: Person, newsletter: Newsletter, language: str) -> None:
        """To change what they get; once a day, and only to who gets the newsletter."""
        standing, now = person.standing(newsletter.name), self.clock.now()
        if standing is None or not standing.has_it or not self.once_a_day.take(person.public_id, now.timestamp()):
            return
        link = f"{self.pages.root}/{self.choice_path(newsletter, person.public_id)}"
        self.post.put(your_link(self._sending(newsletter, language, person.address, link, now)))

    def choice_path(self, newsletter: Newsletter, public_id: str) -> str:
        return f"preferences/{self.secret.token(Purpose.CHOOSE, newsletter.name, public_id)}"

    def _sending(self, newsletter: Newsletter, language: str, to: str, link: str, at: datetime) -> Sending:
        words, publisher = words_of(language), self.pages.publisher
        return Sending(words=words, publisher=publisher, newsletter=newsletter, to=to, link=link, at=at)
