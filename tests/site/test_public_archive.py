"""The archive: what has gone out, from the record, and nothing about anybody."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from site_office import ANA, BEN, GROWN, later, links_in

from digest.delivery.sending import send
from digest.editions.approving import approve_whole, refuse_part
from digest.editions.building import reissue
from digest.editions.supplements import instalment
from digest.site.drawing import words_of
from digest.site.serving import pages_of, public_pages_of
from digest.site.static_archive import write_archive
from digest.site.store import PublicStore

ATOM = "{http://www.w3.org/2005/Atom}"
POLICE = "Police in Guatemala learn to spot forged papers"


def story_path(pages, title=POLICE, language="en"):
    page = pages.get(f"/{language}/monthly/2018-07/").text
    return re.search(rf'href="[./]*({language}/monthly/2018-07/[^"]+)"[^>]*>{re.escape(title)}<', page)[1]


def test_an_edition_and_its_stories_have_addresses_of_their_own_in_each_language(pages):
    assert "2018-07" in pages.get("/en/").text
    assert POLICE in pages.get(f"/{story_path(pages)}").text
    spanish = pages.get("/es/monthly/2018-07/")
    assert "La policía de Guatemala aprende a reconocer papeles falsos" in spanish.text
    assert "en inglés" in spanish.text  # the other story has no Spanish
    assert 'lang="en"' in spanish.text


def test_the_switch_of_language_leads_to_the_same_story(pages):
    page = pages.get(f"/{story_path(pages)}").text
    other = re.search(r'href="[./]*(es/[^"]+)" lang="es"', page)[1]
    assert "La policía de Guatemala" in pages.get(f"/{other}").text


def test_it_tells_what_was_sent_whatever_the_sources_say_now(office, pages):
    (office.folder / "bulletins" / "july.en.txt").write_text("6 July, 2018\n\nSomething else\n\nEntirely.\n")
    office.instance.collect()
    assert POLICE in pages.get("/en/monthly/2018-07/").text


def test_what_is_not_sent_yet_is_nobodys_business(office, pages):
    august = "3 August, 2018\n\nA clinic opens in Guatemala\n\nIt is open.\n"
    (office.folder / "bulletins" / "august.en.txt").write_text(august)
    later(office, days=31)
    office.draft("2018-08")
    assert pages.get("/en/monthly/2018-08/").status_code == 404
    assert "clinic" not in pages.get("/en/search/?q=clinic").text.partition("<h2>")[2]
    office.send_next("2018-08")
    assert pages.get("/en/monthly/2018-08/").status_code == 200


def test_a_correction_takes_the_place_of_what_it_mends_and_says_when(office, pages):
    path = story_path(pages)
    office.correct(POLICE, "It took four days.")
    page = pages.get(f"/{path}")
    assert page.status_code == 200
    assert "four days" in page.text
    assert "three days" not in page.text
    assert "Corrected on 6 August 2018" in page.text
    assert "corrected on 6 August 2018" in pages.get("/en/monthly/2018-07/").text


@pytest.mark.parametrize(
    ("asked", "found"), [("forged papers", True), ("PAPELES", False), ("forged zebra", False), ("tegucigálpa", True)]
)
def test_search_finds_stories_that_have_all_the_words_whatever_case_and_accents(pages, asked, found):
    page = pages.get("/en/search/", params={"q": asked})
    assert ("/monthly/2018-07/" in page.text) is found
    assert page.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize("asked", ["", " ", "<script>alert(1)</script>", "%00", "a" * 600, "'; DROP TABLE items; --"])
def test_whatever_is_searched_for_is_text(pages, asked):
    page = pages.get("/en/search/", params={"q": asked})
    assert page.status_code == 200
    assert "<script" not in page.text


def test_the_feed_is_atom_and_its_links_lead_to_the_stories(pages):
    answer = pages.get("/es/monthly/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)  # noqa: S314 – our own
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for entry in entries:
        assert entry.find(f"{ATOM}id").text == entry.find(f"{ATOM}link").get("href")
        assert pages.get(entry.find(f"{ATOM}link").get("href")).status_code == 200
        assert entry.find(f"{ATOM}content").text.startswith("<p>")


def test_noindex_is_said_on_every_page_and_to_robots(office):
    office.settings("serve: {noindex: true}\n")
    with office.pages() as pages:
        for path in ("/", "/en/", "/en/monthly/2018-07/", f"/{story_path(pages)}", "/en/privacy/"):
            answer = pages.get(path)
            assert 'name="robots" content="noindex' in answer.text
            assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "Disallow: /\n" in pages.get("/robots.txt").text


def test_without_an_archive_nothing_of_it_answers_and_the_mails_links_do(office):
    office.settings("serve: {archive: false}\n")
    with office.pages() as pages:
        for path in ("/en/monthly/", "/en/monthly/2018-07/", "/en/search/?q=a", "/en/monthly/feed.xml"):
            assert pages.get(path).status_code == 404
        assert pages.get(links_in(office.sent()[BEN])["view"]).status_code == 200
        assert pages.get("/en/").status_code == 200


def test_the_web_view_is_the_mail_without_what_was_one_persons(office, pages):
    mine = links_in(office.sent()[ANA])
    answer = pages.get(mine["view"])
    page = answer.text
    assert "La policía de Guatemala" in page
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "script" not in answer.headers["content-security-policy"]
    for secret in (office.public_id(ANA), "Ana", ANA, mine["leave"], mine["preferences"], "\0"):
        assert secret not in page
    for name in ("leave", "preferences"):
        assert pages.get(f"/{name}/").status_code == 200


def test_the_token_of_a_view_opens_its_own_mail_and_nothing_else(office, pages):
    token = links_in(office.sent()[ANA])["view"].rpartition("/")[2]
    assert pages.get(f"/view/2018-06/{token}").status_code == 404
    for path in (f"/leave/{token}", f"/preferences/{token}", f"/confirm/{token}"):
        assert pages.get(path).status_code == 404
        assert pages.post(path, data={"leave": "yes", "do": "leave", "confirm": "yes"}).status_code == 404
    assert office.gets(ANA)["monthly"]


def test_a_link_of_old_shows_what_its_owner_was_sent(office, pages):
    old = office.former_token(ANA)
    assert "La policía de Guatemala" in pages.get(f"/view/2018-07/{old}").text
    assert pages.get(f"/view/2018-06/{old}").status_code == 404
    assert pages.get(f"/view/2018-07/{office.token(ANA)}").status_code == 404


def test_as_a_folder_of_files_it_has_every_page_its_links_hold_and_nothing_about_anybody(office, tmp_path):
    target = tmp_path / "www"
    assert write_archive(office.instance, target, "https://bulletin.example.org") > 8
    write_archive(office.instance, target, "https://bulletin.example.org")  # anew, in its place
    people = [address for (address,) in office.rows("SELECT address FROM subscribers")]
    people += [public_id for (public_id,) in office.rows("SELECT public_id FROM subscribers")] + ["Ana Ruiz"]
    for page in target.rglob("*.html"):
        text = page.read_text()
        assert not [one for one in people if one in text]
        for link in re.findall(r'(?:href|src)="(?!https?:|mailto:|#)([^"]*)"', text):
            found = (page.parent / link).resolve()
            assert (found / "index.html" if found.is_dir() else found).is_file(), (page, link)


def test_a_folder_with_other_files_is_left_alone(office, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Exception, match="it holds files that are not the archive's"):
        write_archive(office.instance, tmp_path, None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def approved_and_sent(office, edition):
    instance = office.instance
    newsletter = instance.settings.newsletters[0]
    code = instance.editions.code(edition)
    approve_whole(instance.bench, newsletter, edition, "Marta", code=code, early=True, accepted=GROWN)
    now = next(one for one in instance.editions.editions("monthly") if one.number == edition.number)
    send(instance.place, instance.bench, newsletter, now)


def test_a_reissue_is_the_one_that_is_listed_and_the_first_leads_to_it(office, pages):
    instance = office.instance
    july = instance.editions.editions("monthly")[0]
    built = reissue(instance.bench, instance.settings.newsletters[0], july, "a wrong figure")
    assert pages.get("/en/monthly/2018-07.2/").status_code == 404
    approved_and_sent(office, built.edition)
    assert POLICE in pages.get("/en/monthly/2018-07.2/").text
    home = pages.get("/en/").text
    assert "monthly/2018-07.2/" in home
    assert 'monthly/2018-07/"' not in home
    assert "monthly/2018-07.2/" in pages.get("/en/monthly/2018-07/").text


def test_what_an_instalment_brings_stands_in_its_edition_once_it_went_out(office, pages):
    settings = office.folder / "digest.yaml"
    settings.write_text(settings.read_text().replace("[regional, guatemala, honduras]", "[guatemala, honduras]"))
    told = "3 August, 2018\n\n{0}\n\n{0}: so it is said.\n"
    clinic, choirs = "A clinic opens in Guatemala", "Choirs meet in Honduras"
    for name, title in (("clinic", clinic), ("choirs", choirs)):
        (office.folder / "bulletins" / f"{name}.en.txt").write_text(told.format(title))
    later(office, days=31)
    drafted, instance = office.draft("2018-08"), office.instance
    newsletter = instance.settings.newsletters[0]
    refuse_part(instance.bench, newsletter, drafted, "guatemala", "Luis", "two errors")
    approved_and_sent(office, drafted)
    page = pages.get("/en/monthly/2018-08/").text
    assert (choirs in page, clinic in page) == (True, False)
    august = next(one for one in office.instance.editions.editions("monthly") if one.key == "2018-08")
    brought = instalment(office.instance.bench, newsletter, august, "guatemala")
    assert clinic not in pages.get("/en/monthly/2018-08/").text
    approved_and_sent(office, brought)
    page = pages.get("/en/monthly/2018-08/").text
    assert (choirs in page, clinic in page) == (True, True)
    assert pages.get("/en/monthly/2018-08/guatemala/").status_code == 404


class Pressed(PublicStore):
    """Each story was published by a newspaper, too."""

    def record(self, edition):
        record = super().record(edition)
        stories = []
        for told in record.stories:
            first = told.story.items[0]
            text = replace(first.text, link="https://www.press.example.net/1", title=f"<{first.text.title}>")
            press = replace(first, id=f"{first.id}-press", source="press", text=text)
            stories.append(replace(told, story=replace(told.story, items=(*told.story.items, press))))
        return replace(record, stories=tuple(stories))


def test_the_page_of_a_story_says_who_else_published_it(office):
    instance = office.instance
    pages = public_pages_of(instance, pages_of(instance, root=None), Pressed(instance.database))
    edition = pages.archive.edition("monthly", "2018-07", words_of("es"))
    story = edition.stories[0]
    page = pages.story(edition, story, "es", "es/monthly/2018-07/x/")
    assert 'También publicado por: <a href="https://www.press.example.net/1">press.example.net</a></p>' in page


def test_the_page_of_a_story_from_one_source_says_nothing_of_others(pages):
    assert "Also published by" not in pages.get(f"/{story_path(pages)}").text
