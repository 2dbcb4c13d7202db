"""The mails with a link that pages send: to confirm, or to change what one gets."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.mail.message import Envelope
from digest.mail.tokens import Purpose, Secret
from digest.newsletters.newsletter import Newsletter
from digest.site.drawing import Pages, words_of
from digest.site.notice_store import NoticeKind, OwedNotice
from digest.site.notices import Sending, please_confirm, your_link
from digest.site.store import PublicStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMails:
    pages: Pages
    store: PublicStore
    newsletters: Sequence[Newsletter]
    secret: Secret

    def written(self, owed: OwedNotice) -> Envelope | None:
        """The mail that is owed. `None`: they get the newsletter no more, or have confirmed it."""
        person = self.store.person(owed.public_id)
        newsletter = next((one for one in self.newsletters if one.name == owed.newsletter), None)
        standing = person.standing(owed.newsletter) if person else None
        if person is None or newsletter is None or standing is None:
            return None
        if not (standing.unconfirmed if owed.kind is NoticeKind.CONFIRM else standing.has_it):
            return None
        language = standing.choice.language
        if owed.kind is NoticeKind.CONFIRM:
            token = self.secret.confirmation(newsletter.name, owed.public_id, owed.at)
            path, write = f"confirm/{token}", please_confirm
        else:
            path, write = self.choice_path(newsletter, owed.public_id), your_link
        return write(
            Sending(
                words=words_of(language),
                publisher=self.pages.publisher,
                newsletter=newsletter,
                to=person.address,
                link=f"{self.pages.root}/{path}",
                at=owed.at,
            )
        )

    def choice_path(self, newsletter: Newsletter, public_id: str) -> str:
        return f"preferences/{self.secret.token(Purpose.CHOOSE, newsletter.name, public_id)}"
