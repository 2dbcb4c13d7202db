"""Pictures of mails: carried until the pages answer, then served by them as soon as anybody may have such a mail."""

import io
import re
import zlib
from base64 import b64decode

import pytest
from PIL import Image
from site_office import BEN, GROWN, ROOT, SETTINGS, later, links_in
from sqlalchemy.dialects.sqlite import insert as upsert

from digest.editions.approving import approve_whole
from digest.editions.checking import check
from digest.foundation.database import stored
from digest.foundation.schema import pages_asked
from digest.newsletters.edition import EditionState
from digest.site.static_archive import write_archive

ITEM = """\
---
title: A clinic opens in Guatemala
date: 2018-08-03
---
It is open.

![The new door](door.jpg)
"""
TALL = "---\ntitle: A tower falls in Guatemala\ndate: 2018-08-04\n---\nIt fell.\n\n![Its stump](stump.png)\n"


def picture(colour, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(file, kind)
    return file.getvalue()


def answered(office, trouble=None, url=ROOT):
    """What `digest run` heard when it last asked the pages."""
    at = stored(office.clock.now())
    row = {"asked_at": at, "trouble": trouble, "answered_at": at}
    with office.instance.database.write() as connection:
        connection.execute(
            upsert(pages_asked).values(url=url, **row).on_conflict_do_update(index_elements=["url"], set_=row)
        )


@pytest.fixture
def pictured(office):
    """August is over; its news have pictures, and there is a logo."""
    settings = SETTINGS.replace("newsroom: bulletins/", "newsroom: {path: bulletins/, pictures: true}")
    settings = settings.replace("publisher: {", "publisher: {brand: {logo: {file: logo.png, width: 100, alt: Us}}, ")
    (office.folder / "digest.yaml").write_text(settings)
    (office.folder / "logo.png").write_bytes(picture("blue"))
    (office.folder / "bulletins" / "door.jpg").write_bytes(picture("green", "JPEG"))
    (office.folder / "bulletins" / "clinic.en.md").write_text(ITEM)
    later(office, days=31)
    return office


def message_of(office, edition):
    variants = office.instance.editions.variants(edition)
    return next(one for one in variants if one.name == "regional.en").rendered


def linked_in(html):
    return re.findall(rf"{re.escape(ROOT)}(/pictures/[0-9a-f]{{32}}\.(?:png|jpg))", html)


def test_mails_link_to_their_pictures_once_the_pages_answer_and_carry_them_until_then(pictured):
    for trouble, links in (("HTTP 503", 0), (None, 2)):
        answered(pictured, trouble)
        drafted = pictured.draft("2018-08")
        rendered = message_of(pictured, drafted)
        assert len(linked_in(rendered.html)) == links
        assert (b"Content-ID" in rendered.message) is not bool(links)
        assert ("cid:" in rendered.html) is not bool(links)
    found = check(pictured.instance.bench, pictured.instance.settings.newsletters[0], drafted)
    assert not [one for one in found if one.code.startswith(("IMG", "WIRE", "SIZE", "FIELD"))]


def test_pages_of_the_office_s_own_have_no_pictures_of_mails(pictured):
    answered(pictured)
    with (pictured.folder / "digest.yaml").open("a") as settings:
        settings.write("pages: own\n")
    assert not linked_in(message_of(pictured, pictured.draft("2018-08")).html)


def test_what_was_decided_holds_for_the_draft_whatever_the_pages_do_then(pictured):
    answered(pictured)
    drafted = pictured.draft("2018-08")
    before = message_of(pictured, drafted)
    answered(pictured, "refused")
    instance = pictured.instance
    newsletter = instance.settings.newsletters[0]
    approve_whole(
        instance.bench, newsletter, drafted, "Marta", code=instance.editions.code(drafted), early=True, accepted=GROWN
    )
    pictured._send(next(one for one in instance.editions.editions("monthly") if one.key == "2018-08"), None)
    body = pictured.sent("monthly/2018-08")[BEN].get_body(("html",)).get_content()
    assert linked_in(body) == linked_in(before.html)


def test_they_are_served_from_the_draft_on_whatever_becomes_of_the_files_and_nothing_else_is(pictured):
    answered(pictured)
    (pictured.folder / "bulletins" / "stump.png").write_bytes(picture("red"))
    (pictured.folder / "bulletins" / "tower.en.md").write_text(TALL.replace("2018-08-04", "2018-09-04"))
    drafted = pictured.draft("2018-08")  # reviewers get its very mails
    paths = linked_in(message_of(pictured, drafted).html)
    with pictured.pages() as pages:
        logo, door = (pages.get(path) for path in paths)
        assert [logo.headers["content-type"], door.headers["content-type"]] == ["image/png", "image/jpeg"]
        assert "immutable" in logo.headers["cache-control"]
        with Image.open(io.BytesIO(door.content)) as shown:
            assert (shown.size, shown.format) == ((300, 200), "JPEG")
        with Image.open(io.BytesIO(logo.content)) as shown:
            assert shown.getpixel((5, 5)) == (0, 0, 255)

        (other,) = pictured.rows("SELECT name FROM pictures WHERE name NOT IN (SELECT picture FROM carried_pictures)")
        bare = paths[0].removesuffix(".png")
        for path in (f"/pictures/{other[0]}.png", bare, f"{bare}.jpg", f"{bare}.png.png", "/pictures/x.png"):
            assert pages.get(path).status_code == 404

        for file in ("bulletins/door.jpg", "logo.png"):
            (pictured.folder / file).unlink()
        (pictured.folder / "bulletins" / "clinic.en.md").write_text(ITEM.partition("!")[0])
        pictured.instance.collect()
        assert [pages.get(path).content for path in paths] == [logo.content, door.content]


def test_the_archive_and_the_web_view_show_them_and_a_folder_of_files_holds_them(pictured, tmp_path):
    answered(pictured)
    drafted = pictured.draft("2018-08")
    pictured._send(drafted, None)
    mail = pictured.sent("monthly/2018-08")[BEN]
    logo, door = linked_in(mail.get_body(("html",)).get_content())
    with pictured.pages() as pages:
        view = pages.get(links_in(mail)["view"])
        assert linked_in(view.text) == [logo, door]
        assert "img-src 'self'" in view.headers["content-security-policy"]
        listed = pages.get("/en/monthly/2018-08/").text
        path = re.search(r'href="[./]*(en/monthly/2018-08/[^"]*clinic[^"]*)"', listed)[1]
        (source,) = re.findall(r'<img src="([^"]+)"', pages.get(f"/{path}").text)
        assert source.endswith(door)
        assert f"{ROOT}{door}" in pages.get("/en/monthly/feed.xml").text

    write_archive(pictured.instance, tmp_path / "www", ROOT)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "www" / "pictures").iterdir()}
    assert set(kept) == {logo.rpartition("/")[2], door.rpartition("/")[2]}
    (row,) = pictured.rows("SELECT data FROM carried_pictures WHERE picture = ?", door[len("/pictures/") : -4])
    assert kept[door.rpartition("/")[2]] == b64decode(zlib.decompress(row[0]))


def test_a_draft_that_is_replaced_takes_its_pictures_along(pictured):
    answered(pictured)
    paths = linked_in(message_of(pictured, pictured.draft("2018-08")).html)
    (pictured.folder / "bulletins" / "door.jpg").write_bytes(picture("yellow", "JPEG"))
    with pictured.pages() as pages:
        assert pages.get(paths[1]).status_code == 200
        edition = pictured.draft("2018-08")
        assert edition.state is EditionState.DRAFT
        assert pages.get(paths[1]).status_code == 404
        assert pages.get(paths[0]).status_code == 200
