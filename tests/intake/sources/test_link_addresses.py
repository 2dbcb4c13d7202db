"""Addresses as people copy them lead where they should, and carry nobody's mail address or password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.foundation.problems import Severity
from digest.intake.sources.link_addresses import clean_address, cleaned_text

PAGE = "https://www.example.org/course?a=1&b=2"
QUOTED = "https%3A%2F%2Fwww.example.org%2Fcourse%3Fa%3D1%26b%3D2"
WRAPPED = {
    "Outlook": f"https://nam02.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C01%7Cmarta%40example.org%7C1&sdata=x",
    "Outlook, German": f"https://eur01.safelinks.protection.outlook.com/ap/w-59584e83/?url={QUOTED}&data=marta%40example.org",
    "Proofpoint 2": "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.example.org_course-3Fa-3D1-26b-3D2&d=DwMF&r=x",
    "Proofpoint 3": f"https://urldefense.com/v3/__{PAGE}__;!!abc!xyz$",
    "Google": f"https://www.google.com/url?q={QUOTED}&sa=D&source=docs",
    "Google of a country": f"https://www.google.co.cr/url?sa=t&url={QUOTED}",
    "Facebook": f"https://l.facebook.com/l.php?u={QUOTED}&h=AT0",
    "Instagram": f"https://l.instagram.com/?u={QUOTED}&e=AT0",
    "LinkedIn": f"https://www.linkedin.com/safety/go?url={QUOTED}&trk=x",
    "YouTube": f"https://www.youtube.com/redirect?event=x&q={QUOTED}",
    "Cisco": f"https://secure-web.cisco.com/1abc/{QUOTED}",
    "Barracuda": f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1",
    "one in the other": "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D"
    + QUOTED.replace("%", "%25"),
}
KEPT = [
    "https://www.example.org/hub",
    "https://www.example.org/a_(b)",
    "https://www.example.org/añó?q=1,2;3#z",
    "https://medium.com/@marta/story",
    "https://www.youtube.com/watch?v=1&q=https://www.example.org",
    "https://www.linkedin.com/company/office",
    "https://www.google.com/maps?q=https://www.example.org",
    "https://www.example.org/login?next=https%3A%2F%2Fwww.example.org%2Fhub",
    "https://archive.example.org/web/2018/https://www.example.org/",
]


@pytest.mark.parametrize("end", [".", ",", ";", ":", "!", "?", ").", ")", "]", "…", "”", "’", "»", "...", "*", '"'])
def test_signs_of_the_sentence_are_no_part_of_an_address(end):
    assert clean_address(f"https://www.example.org/hub{end}").address == "https://www.example.org/hub"


@pytest.mark.parametrize("address", KEPT)
def test_an_address_that_needs_nothing_is_kept_as_it_is(address):
    assert clean_address(address) == (address, "", "")
    assert cleaned_text(f"See {address}.", lambda *_: pytest.fail("it was changed")) == f"See {address}."


@pytest.mark.parametrize("address", WRAPPED.values(), ids=WRAPPED.keys())
def test_wrappers_are_taken_off(address):
    clean = clean_address(f"{address}.")
    assert clean.address == PAGE
    assert clean.changed


@pytest.mark.parametrize(
    "address",
    [
        "https://marta:secret@www.example.org/list",
        "http://marta@example.org",
        *(f"https://www.google.com/url?q={inner}" for inner in ["https%3A%2F%2Fmarta%3Asecret%40www.example.org"]),
    ],
)
def test_an_address_with_a_user_or_a_password_is_passed_on_to_nobody(address):
    clean = clean_address(address)
    assert clean.address == ""
    assert "password" in clean.fault
    told = []
    said = cleaned_text(f"The list: {address}, from today.", lambda *each: told.append(each))
    assert "secret" not in said
    assert "marta" not in said
    assert len(told) == 1


@pytest.mark.parametrize("address", ["https://www.example.org/%zz", "https://www.example.org/100%"])
def test_a_broken_escape_is_no_address(address):
    assert clean_address(address).fault


def test_the_mail_address_of_a_person_is_taken_out():
    clean = clean_address("https://www.example.org/news?id=7&email=marta%40example.org")
    assert clean.address == "https://www.example.org/news?id=7"
    assert "person" in clean.changed


def test_a_wrapper_that_hides_where_it_leads_is_told():
    assert "wrapped" in clean_address("https://protect-us.mimecast.com/s/AbC?domain=example.org").fault


@given(st.text(max_size=200))
def test_whatever_the_text_cleaning_it_twice_changes_nothing_more(text):
    for written in (text, f"https://{text}", f"https://www.google.com/url?q={text}"):
        once = cleaned_text(written, lambda *_: None)
        assert cleaned_text(once, lambda *_: None) == once
        clean_address(written)


def test_the_link_of_an_item_is_cleaned_and_said(listing, markdown):
    form = "5 August 2018\n\nHub opens\nLink: {}\n\nThe hub is open."
    reading = listing(form.format("https://www.example.org/hub."))
    assert reading.items[0].text.link == "https://www.example.org/hub"
    assert reading.problems == ()
    reading = listing(form.format(WRAPPED["Outlook"]))
    assert reading.items[0].text.link == PAGE
    assert [problem.severity for problem in reading.problems] == [Severity.NOTE]
    reading = listing(form.format("https://marta:secret@www.example.org/list"))
    assert reading.items[0].text.link is None
    assert [problem.severity for problem in reading.problems] == [Severity.ERROR]
    assert "secret" not in str(reading.problems[0])


def test_addresses_in_the_text_are_cleaned_in_both_forms(markdown):
    text = f"---\ntitle: Hub\ndate: 2018-08-05\n---\n\nSee [the page]({WRAPPED['Outlook']}) and {WRAPPED['Google']}.\n"
    (item,) = markdown(text).items
    said = f"{item.text.html} {' '.join(item.text.paragraphs)}"
    assert "marta" not in said
    assert "google" not in said
    assert item.text.html.count('href="https://www.example.org/course?a=1&amp;b=2"') == 2
