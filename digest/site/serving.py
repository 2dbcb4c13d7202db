"""Serving: puts the pages of an instance together, and answers until it is told to end."""

import sys
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from digest.delivery.agreed_secret import agree
from digest.editions.store import keyring_of
from digest.foundation.catalogue import _
from digest.foundation.requests import Application
from digest.foundation.web_server import BACKLOG, WebServer, listening
from digest.mail.wording import Words
from digest.people.suppression import NAME as LEAVINGS
from digest.people.suppression import note_suppressions
from digest.settings.instance import Instance
from digest.site.application import Parts, application
from digest.site.archive_pages import ArchivePages, PublicPages
from digest.site.choice_pages import ChoicePages
from digest.site.doorkeeper import Doorkeeper
from digest.site.drawing import Pages
from digest.site.group_commit import GroupCommit
from digest.site.leave_pages import LeavePages
from digest.site.link_mails import LinkMails
from digest.site.notices import NoticePost
from digest.site.public_archive import Archive
from digest.site.reader_answers import ReaderAnswers
from digest.site.sign_up_pages import SignUpPages
from digest.site.store import PublicStore
from digest.site.stored_data import privacy_text
from digest.site.visitors import Visitors

HEAD_MOST = 16_384  # bytes of the head of a request
HEAD_SECONDS = 10.0
CONNECTIONS_MOST = 400
IDLE_SECONDS = 15
SWITCH_SECONDS = 0.001  # the thread that commits and the one that answers hand over to each other all the time


def pages_of(instance: Instance, *, root: str | None, searches: bool = True) -> Pages:
    settings = instance.settings
    return Pages(
        settings.publisher,
        settings.newsletters,
        root=root,
        offers_sign_up=settings.serve.sign_up and searches,
        searches=searches,
        has_archive=settings.serve.archive,
        noindex=settings.serve.noindex,
    )


def public_pages_of(instance: Instance, pages: Pages, store: PublicStore) -> PublicPages:
    def privacy(words: Words) -> Sequence[str]:
        return privacy_text(words, instance.settings)

    return PublicPages(Archive(store, instance.settings.newsletters), pages, privacy)


def site_of(instance: Instance, *, root: str | None = None) -> Application:
    """The pages, behind their doorkeeper. `root` stands for the public URL where the settings name none."""
    settings = instance.settings
    root = settings.public_url or root
    pages = pages_of(instance, root=root)
    store, keyring = PublicStore(instance.database), keyring_of(instance.database, instance.secret)
    agree(instance.database, instance.secret)
    visitors = Visitors(store, keyring, settings.newsletters)
    answers = ReaderAnswers(pages)
    commits = GroupCommit(
        instance.database, lambda: note_suppressions(instance.database, instance.workspace.sending / LEAVINGS)
    )
    links = LinkMails(pages=pages, store=store, newsletters=settings.newsletters, secret=keyring.current)
    post = NoticePost(instance.place, commits, links.written, sys.stderr)
    leaving = LeavePages(answers=answers, store=store, visitors=visitors, commits=commits, clock=instance.clock)
    parts = Parts(
        answers=answers,
        store=store,
        leaving=leaving,
        choices=ChoicePages(
            answers=answers,
            store=store,
            visitors=visitors,
            commits=commits,
            leaving=leaving,
            post=post,
            clock=instance.clock,
        ),
        sign_up=SignUpPages(
            answers=answers,
            store=store,
            visitors=visitors,
            commits=commits,
            links=links,
            post=post,
            clock=instance.clock,
            consent=settings.serve.consent,
        ),
        archive=ArchivePages(
            answers=answers,
            public=public_pages_of(instance, pages, store),
            store=store,
            visitors=visitors,
        ),
        commits=commits,
        post=post,
        has_archive=settings.serve.archive,
    )
    host = urlsplit(root or "").hostname
    return Doorkeeper(application(parts), [host] if host else [])


def serve(site: Application, host: str, port: int, *, started: Callable[[int], None] = lambda _port: None) -> None:
    """Answer until SIGINT or SIGTERM. Raise `BusyError` when the port is taken. Addresses of visitors are believed to
    be what a proxy on this machine says.
    """
    config = uvicorn.Config(
        site,
        http=BoundedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would hold tokens
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=10,
        limit_concurrency=CONNECTIONS_MOST,
        backlog=BACKLOG,
    )
    found = listening(host, port, _("choose another port, or end who has it"))
    sys.setswitchinterval(SWITCH_SECONDS)
    started(found.getsockname()[1])
    WebServer(config).run(sockets=[found])


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's, with an end to heads that are too long or never come."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head = 0
        self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._head:
            self._patience.cancel()
            self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)
        self._head += len(data)
        if self._head > HEAD_MOST:
            self._give_up()
            return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._patience.cancel()
        self._head = -(1 << 62)  # what follows is a body, and bounded by who reads it
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()
