"""The archive as a folder of files: what the pages show to everybody, for any web server, or none."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from digest.errors import CannotWriteError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import passing_name
from digest.settings.instance import Instance
from digest.site.archive_pages import PublicPages
from digest.site.drawing import words_of
from digest.site.serving import pages_of, public_pages_of
from digest.site.store import PublicStore

MARK = ".digest-archive"  # in a folder that we wrote, and may write anew


def write_archive(instance: Instance, folder: Path, root: str | None) -> int:
    """Replace the folder as a whole; return how many pages it has. Raise `UsageError` for one that is not ours."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise UsageError(
            str(folder), _("it holds files that are not the archive's"), _("name an empty or a new folder")
        )
    pages, store = pages_of(instance, root=root, searches=False), PublicStore(instance.database)
    public = public_pages_of(instance, pages, store)
    fresh = passing_name(folder.absolute())
    try:
        fresh.mkdir(parents=True)
        count = 0
        for path, content in _files(store, public):
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            count += path.endswith(".html")
        (fresh / MARK).touch()
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    except OSError as error:
        raise CannotWriteError(
            str(folder), error.strerror or str(error), _("name a folder that you may write to")
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return count


def _files(store: PublicStore, public: PublicPages) -> Iterator[tuple[str, bytes]]:
    pages = public.pages
    yield f"style-{pages.style_version}.css", pages.style.encode()
    yield "index.html", public.home(pages.languages[0], "/").encode()
    pictures = {*store.pictures_of_mails()}
    for language in pages.languages:
        words = words_of(language)
        yield f"{language}/index.html", public.home(language, f"/{language}/").encode()
        yield f"{language}/privacy/index.html", public.privacy(language, f"/{language}/privacy/").encode()
        for newsletter in pages.newsletters:
            start = f"{language}/{newsletter.name}/"
            yield f"{start}index.html", public.newsletter(newsletter, language, f"/{start}").encode()
            feed = public.feed(newsletter, language)
            if feed is not None:
                yield f"{start}feed.xml", feed.encode()
            for edition in public.archive.editions(newsletter.name, words):
                below = f"{language}/{edition.path}"
                yield f"{below}index.html", public.edition(edition, language, f"/{below}").encode()
                for story in edition.stories:
                    path = f"{below}{story.path}"
                    yield f"{path}index.html", public.story(edition, story, language, f"/{path}").encode()
                    pictures.update(story.pictures)
    for name in sorted(pictures):
        picture = store.picture(name)
        if picture is not None:
            yield f"pictures/{picture.file_name}", picture.data
