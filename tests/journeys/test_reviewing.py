"""Review by part, as people do it: mails to reviewers, codes that are typed, a part that is refused."""

import re
import shlex
import signal
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest

from digest.delivery.sending import send
from digest.editions.approving import approve_whole, seal_settled
from digest.editions.building import build
from digest.editions.review_store import Reviews
from digest.editions.reviewing import checked, part_views, send_review_mails, settlement_of
from digest.editions.reviews import Seal
from digest.newsletters.timetable import timetable
from digest.settings.instance import Instance

REVIEWERS = """    approval: required
    reviewers:
      guatemala: {to: [Marta Díaz <marta@example.org>, zoe@example.org], then: leave-out}
      regional: Marta Díaz <Marta@example.org>
"""

STARTS = "    starts_on: 2018-07-01\n"

NEWS = """6 July, 2018

Police in Guatemala learn to spot <script>alert(1)</script> forged papers

Officers at the airport attended a course about forged documents in Guatemala.

4 July, 2018

Shelter opens in Tijuana, Mexico
--=_boundary

The shelter has forty beds.
"""


class Hand:
    def __init__(self) -> None:
        self.at = datetime(2018, 8, 3, 15, tzinfo=UTC)

    def now(self):
        return self.at


@pytest.fixture
def reviewed(office):
    settings = (office.folder / "digest.yaml").read_text().replace("    approval: required\n", REVIEWERS)
    office.write("digest.yaml", settings)
    office.write("bulletins/july.en.txt", NEWS)
    return office


@pytest.fixture
def instance(reviewed):
    instance = Instance(reviewed.folder, Hand())
    instance.collect()
    instance.import_subscribers()
    return instance


def built(instance, newsletter, key):
    period = timetable(newsletter.schedule).from_key(key)
    return build(instance.bench, newsletter, period).edition


def ask(instance, newsletter, edition):
    return send_review_mails(instance.bench, instance.place.post, newsletter, edition)


def approve_and_send(instance, newsletter, edition, by):
    sealed = approve_whole(instance.bench, newsletter, edition, by, code=instance.editions.code(edition), early=True)
    return send(instance.place, instance.bench, newsletter, sealed)


@pytest.fixture
def monthly(instance):
    return instance.settings.newsletter(None)


@pytest.fixture
def draft(instance, monthly):
    return built(instance, monthly, "2018-07")


def mails(instance):
    """Reviewer → their mails, as bytes, oldest first."""
    found = {}
    paths = (instance.folder / "out" / "monthly" / "2018-07" / "review").glob("*.eml")
    for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns):
        content = path.read_bytes()
        found.setdefault(read(content)["To"].addresses[0].addr_spec, []).append(content)
    return found


def read(content):
    return message_from_bytes(content, policy=default)


def attached(content):
    """File name → the attached message, cut out of the bytes without any parser of mail."""
    boundary = re.search(rb'multipart/mixed;\r\n boundary="([^"]+)"', content)[1]
    pieces = content.split(b"\r\n--" + boundary)
    assert pieces[-1] == b"--\r\n"
    found = {}
    for piece in pieces[2:-1]:
        head, _, body = piece.partition(b"\r\n\r\n")
        found[re.search(rb'filename="([^"]+)"', head)[1].decode()] = body
    return found


def views(instance, monthly, draft):
    return part_views(instance.database, instance.plans, monthly, draft)


def view_of(instance, monthly, draft, name):
    return next(view for view in views(instance, monthly, draft) if view.name == name)


def change(instance, monthly, office, old, new):
    path = office.folder / "bulletins" / "july.en.txt"
    path.write_text(path.read_text().replace(old, new))
    instance.collect()
    return built(instance, monthly, "2018-07")


def test_each_reviewer_gets_one_mail_about_all_their_parts(instance, monthly, draft):
    asked = ask(instance, monthly, draft)
    assert sorted(map(str, asked)) == ["Marta Díaz (Whole region, Guatemala)", "a reviewer (Guatemala)"]
    found = mails(instance)
    assert {who: list(attached(content)) for who, (content,) in found.items()} == {
        "Marta@example.org": ["regional.en.eml", "regional.es.eml", "guatemala.en.eml", "guatemala.es.eml"],
        "zoe@example.org": ["guatemala.en.eml", "guatemala.es.eml"],
    }
    for (content,) in found.values():
        message = read(content)
        assert message["From"] == "Bulletin <bulletin@news.example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert not [name for name in message if name.lower().startswith(("list-", "precedence"))]
        assert message.get_content_type() == "multipart/mixed"
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998
        assert b"\n" not in content.replace(b"\r\n", b"")
        assert all(part.get_content_type() == "message/rfc822" for part in message.iter_attachments())
        assert not [part.defects for part in message.walk() if part.defects]


def test_what_is_attached_is_byte_for_byte_what_is_sent_outside_the_slots(instance, monthly, draft):
    ask(instance, monthly, draft)
    ours = attached(mails(instance)["Marta@example.org"][0])
    approve_and_send(instance, monthly, draft, "Marta")
    sent = {path.name[:3]: path.read_bytes() for path in (instance.folder / "out/monthly/2018-07").glob("*.eml")}
    assert sent.keys() == {"ana", "ben"}
    for who, name in (("ana", "guatemala.es.eml"), ("ben", "regional.en.eml")):
        copy = (instance.folder / "editions/monthly/2018-07/variants" / name).read_bytes()
        assert ours[name] == copy
        lines, sample = sent[who].split(b"\r\n"), ours[name].split(b"\r\n")
        different = [pair for pair in zip(lines, sample, strict=True) if pair[0] != pair[1]]
        assert 0 < len(different) < 12
        for line, _ in different:
            assert (
                line.lower().startswith((b"to:", b"date:", b"message-id:", b"list-unsubscribe:", b" <")) or b"=" in line
            )


def test_the_mail_says_all_that_a_reviewer_must_know(instance, monthly, draft):
    ask(instance, monthly, draft)
    message = read(mails(instance)["Marta@example.org"][0])
    assert message["Subject"] == (
        "Please look before it goes out: Whole region, Guatemala – Migration bulletin: July 2018"
    )
    code = view_of(instance, monthly, draft, "guatemala").code
    text = " ".join(message.get_body(["plain"]).get_content().split())
    for said in (
        "They go out on 5 August 2018, 09:00 (America/Costa_Rica); until then you can answer, and answer anew.",
        "1 story, 1 reader. It is the first edition.",
        "2 stories, 1 reader.",
        "- Shelter opens in Tijuana, Mexico",
        "Nothing: no errors, no warnings.",
        f"digest approve monthly/2018-07 --part guatemala --by 'Marta Díaz' --code {code}",
        "digest refuse monthly/2018-07 --part guatemala --by 'Marta Díaz' --because",
        "Without an answer the edition goes out without this part.",
        "Without an answer the edition waits for a person.",
    ):
        assert said in text
    document = html5lib.parse(message.get_body(["html"]).get_content(), namespaceHTMLElements=False)
    words = " ".join("".join(document.itertext()).split())
    assert document.get("lang") == "en"
    assert [len(document.findall(f".//{name}")) for name in ("h1", "main", "script", "a", "img")] == [1, 1, 0, 0, 0]
    assert [item.text for item in document.findall(".//pre")].count(code) == 1
    assert "learn to spot <script>alert(1)</script> forged" in words
    plain = [word for word in text.split() if word.strip("=-")]
    assert plain == " ".join(document.find(".//main").itertext()).split()


def test_the_mail_is_in_the_newsletters_first_language(instance, monthly, draft):
    spanish = replace(monthly, languages=("es", "en"))
    ask(instance, spanish, draft)
    message = read(mails(instance)["zoe@example.org"][0])
    assert message["Content-Language"] == "es"
    assert "sale sin esta parte" in message.get_body(["plain"]).get_content()
    assert 'lang="es"' in message.get_body(["html"]).get_content()


def test_what_the_check_says_stands_in_the_mail(instance, monthly, reviewed, draft):
    draft = change(instance, monthly, reviewed, "The shelter has", "The shelter (http://localhost:8000/secret) has")
    findings = {
        view.name: view.findings for view in checked(instance.bench, monthly, draft, views(instance, monthly, draft))
    }
    ask(instance, monthly, draft)
    text = " ".join(read(mails(instance)["Marta@example.org"][0]).get_body(["plain"]).get_content().split())
    shown = [one for one in findings["regional"] if one.severity != "note"]
    for one in shown:
        assert f"{one.severity.capitalize()} {one.code}, {one.place}: {' '.join(one.reason.split())}" in text
    assert ("Nothing: no errors" in text) is any(
        all(one.severity == "note" for one in found) for found in findings.values()
    )


def test_nobody_is_sent_the_same_content_twice_and_a_change_is_said(instance, monthly, draft, reviewed):
    ask(instance, monthly, draft)
    before = mails(instance)
    assert ask(instance, monthly, draft) == []
    assert mails(instance) == before
    instance.clock.at = datetime(2018, 8, 4, 15, tzinfo=UTC)
    draft = change(instance, monthly, reviewed, "forty beds", "fifty beds")  # Mexico: in regional alone
    assert [str(one) for one in ask(instance, monthly, draft)] == ["Marta Díaz (Whole region)"]
    _, second = mails(instance)["Marta@example.org"]
    message = read(second)
    assert message["Subject"].startswith("Changed, please look again: Whole region –")
    text = " ".join(message.get_body(["plain"]).get_content().split())
    assert "This part has changed since the mail of 3 August 2018, 09:00 (America/Costa_Rica)." in text
    assert list(attached(second)) == ["regional.en.eml", "regional.es.eml"]
    assert ask(instance, monthly, draft) == []
    assert len(mails(instance)["zoe@example.org"]) == 1


def test_what_changed_back_is_mailed_again(instance, monthly, draft, reviewed):
    for new, old in (("forty beds", "forty beds"), ("fifty beds", "forty beds"), ("forty beds", "fifty beds")):
        draft = change(instance, monthly, reviewed, old, new)
        ask(instance, monthly, draft)
    assert len({read(content)["Message-ID"] for content in mails(instance)["Marta@example.org"]}) == 3


def test_a_part_that_was_answered_needs_no_mail(instance, monthly, draft, reviewed):
    reviewed.run("refuse", "july", "--part", "guatemala", "--by", "Ana", "--because", "no")
    assert [str(one) for one in ask(instance, monthly, draft)] == ["Marta Díaz (Whole region)"]


def test_a_crash_after_the_mail_has_left_makes_it_leave_again_as_the_same_mail(instance, monthly, draft, monkeypatch):
    class CrashError(Exception):
        pass

    def crash(self, edition, noted):
        raise CrashError

    monkeypatch.setattr(Reviews, "note_mail", crash)
    with pytest.raises(CrashError):
        ask(instance, monthly, draft)
    (first,) = [content for found in mails(instance).values() for content in found]
    monkeypatch.undo()
    instance.clock.at = datetime(2018, 8, 3, 16, tzinfo=UTC)
    ask(instance, monthly, draft)
    found = mails(instance)
    assert sorted(len(one) for one in found.values()) == [1, 1]
    again = found[read(first)["To"].addresses[0].addr_spec][0]
    assert read(again)["Message-ID"] == read(first)["Message-ID"]


@pytest.mark.parametrize(
    ("point", "at"), [("review.mailed", "2018-08-03T09:00"), ("review.left-out", "2018-08-05T09:00")]
)
def test_a_run_killed_while_it_asks_or_leaves_out_is_made_good_by_the_next(reviewed, point, at):
    settings = (reviewed.folder / "digest.yaml").read_text()
    settings = settings.replace("    approval: required\n", "    approval: required\n    review_at: day 3 at 09:00\n")
    reviewed.write("digest.yaml", settings.replace("monthly:\n", f"monthly:\n{STARTS}"))
    reviewed.run("run", "--now", "2018-08-02T09:00")
    if point != "review.mailed":
        reviewed.run("run", "--now", "2018-08-03T09:00")
    code = reviewed.json("review", "july")[0]["code"]
    reviewed.run("approve", "july", "--part", "regional", "--by", "Marta", "--code", code)
    reviewed.run("run", "--now", at, code=-signal.SIGKILL, DIGEST_FAIL=f"{point}:kill")
    reviewed.run("run", "--now", at)
    reviewed.run("run", "--now", "2018-08-05T09:00")
    found = {address: len(messages) for address, messages in reviewed.messages().items()}
    assert found["ben@example.org"] == 1
    assert "ana@example.org" not in found
    if point == "review.mailed":
        assert (found["marta@example.org"], found["zoe@example.org"]) == (1, 1)


def test_the_edition_before_is_named_with_its_numbers(instance, monthly, draft, reviewed):
    approve_and_send(instance, monthly, draft, "Ana")
    reviewed.write("bulletins/august.en.txt", "9 August, 2018\n\nForum in Guatemala\n\nIt was held in Guatemala.\n")
    instance.collect()
    august = built(instance, monthly, "2018-08")
    ask(instance, monthly, august)
    (path,) = (instance.folder / "out/monthly/2018-08/review").glob("zoe*.eml")
    text = " ".join(read(path.read_bytes()).get_body(["plain"]).get_content().split())
    assert "1 story, 1 reader. In the edition before (monthly/2018-07): 1 story, 1 reader." in text


def test_a_newsletter_without_reviewers_mails_nobody(instance, monthly, draft):
    assert ask(instance, replace(monthly, reviews={}), draft) == []
    assert mails(instance) == {}


def test_answers_on_the_command_line_settle_what_goes_out(reviewed, instance, monthly):
    """As on the page docs/how-to/review-by-part.md, with what must not work in between."""
    reviewed.run("build", "--period", "july")
    shown = {view["part"]: view for view in reviewed.json("review", "july")}
    assert shown["regional"]["status"] == shown["guatemala"]["status"] == "unanswered"
    assert shown["guatemala"]["stories"] == [
        "Police in Guatemala learn to spot <script>alert(1)</script> forged papers"
    ]
    assert shown["guatemala"]["then"] == "leave-out"
    code = shown["regional"]["code"]
    assert "It waits: Whole region was not answered by Marta Díaz" in reviewed.run("review", "july").stdout
    wrong = reviewed.run("approve", "july", "--part", "guatemala", "--by", "Marta", "--code", code, code=3)
    assert "that is the code of another part: Whole region" in wrong.stderr
    assert shown["guatemala"]["code"] not in wrong.stderr
    spoken = f"{code[:3].lower()}-{code[3:].lower()}"
    said = reviewed.run("approve", "july", "--part", "regional", "--by", "Marta", "--code", spoken)
    assert "monthly/2018-07: regional is approved by Marta." in said.stdout
    assert "It waits: Guatemala was not answered by Marta Díaz or zoe@example.org, asked late" in said.stderr
    reviewed.run("send", "july", "--yes", code=3)  # nothing was sealed
    reviewed.run("refuse", "july", "--part", "guatemala", "--by", "Zoe", "--because", "the wrong photo")
    (edition,) = instance.editions.editions()
    settlement = settlement_of(instance.database, monthly, edition, instance.clock.now())
    assert settlement == Seal(without={"guatemala": "refused by Zoe: the wrong photo"}, by="Marta (Whole region)")
    assert seal_settled(instance.bench, monthly, edition, settlement).approved_by == "Marta (Whole region)"
    reviewed.run("send", "july", "--yes")
    assert reviewed.messages().keys() == {"ben@example.org"}
    late = reviewed.run("refuse", "july", "--part", "regional", "--by", "Zoe", "--because", "too late", code=3)
    assert "it has gone out to its readers, approved by Marta" in late.stderr


def test_approving_the_whole_says_what_is_left_out(reviewed):
    reviewed.run("build", "--period", "july")
    reviewed.run("refuse", "july", "--part", "guatemala", "--by", "Zoe", "--because", "two errors")
    said = reviewed.run("approve", "july", "--by", "Ana")
    assert "Left out: Guatemala, refused by Zoe: two errors" in said.stderr
    assert "Note: the reviewers of Whole region have not answered." in said.stderr
    reviewed.run("send", "july", "--yes")
    assert reviewed.messages().keys() == {"ben@example.org"}
    assert "left out of Guatemala (refused by Zoe: two errors)" in reviewed.run("explain", "Police").stdout


WRONG = [
    ("approve", "july", "--by", "M", "--part", "regional"),
    ("approve", "july", "--by", "M", "--part", "regional", "--code", "ABCDEF", "--early"),
    ("approve", "july", "--by", "M", "--part", "regional", "--code", "ABCDEF", "--because", "x"),
    ("approve", "july", "--by", "M", "--part", "regiona", "--code", "ABCDEF"),
    ("refuse", "july", "--by", "M", "--part", "regional"),
    ("refuse", "july", "--by", "M", "--part", "regional", "--because", " "),
    ("review", "july", "--part", "nowhere"),
    ("review", "july", "--part", "regional", "--send"),
]


def test_wrong_usage_is_told_and_changes_nothing(reviewed, instance, monthly, draft):
    for arguments in WRONG:
        assert reviewed.run(*arguments, code=2).stdout == ""
    assert not instance.reviews.answers(draft)
    assert not mails(instance)


def test_review_send_tells_whom_it_asked_without_their_addresses(reviewed):
    reviewed.run("build", "--period", "july")
    first = reviewed.run("review", "--send")
    assert sorted(first.stdout.splitlines()) == [
        "Sent to Marta Díaz (Whole region, Guatemala)",
        "Sent to a reviewer (Guatemala)",
    ]
    again = reviewed.run("review", "--send")
    assert (again.stdout, "Nobody needs a mail" in again.stderr) == ("", True)


def test_the_guard_needs_a_reason_on_the_command_line(reviewed):
    reviewed.run("build", "--period", "july")
    assert "nobody reads" not in reviewed.run("approve", "july", "--by", "Ana").stderr
    reviewed.run("send", "july", "--yes")
    reviewed.write(
        "subscribers.yaml",
        "subscribers:\n"
        + "".join(f"  - {{address: p{n}@example.org, language: en, audiences: [regional]}}\n" for n in range(4)),
    )
    reviewed.write("bulletins/august.en.txt", "9 August, 2018\n\nForum in Guatemala\n\nIt was held in Guatemala.\n")
    reviewed.run("build", "--period", "2018-08")
    stopped = reviewed.run("approve", "2018-08", "--by", "Ana", "--early", code=3)
    assert "regional: 1 reader at the last edition, 5 now (+400 %)" in stopped.stderr
    reviewed.run("approve", "2018-08", "--by", "Ana", "--early", "--because", "We advertised.")
    described = Instance(reviewed.folder).editions.editions()[-1]
    assert [(one.code, one.because) for one in described.accepted] == [("READERS", "We advertised.")]


def test_the_preview_has_a_tab_for_the_review(reviewed):
    reviewed.run("preview", "july", "--once", str(reviewed.folder / "look.html"))
    page = html5lib.parse((reviewed.folder / "look.html").read_text(), namespaceHTMLElements=False)
    section = page.find(".//section[@id='review']")
    rows = [" ".join("".join(row.itertext()).split()) for row in section.findall(".//tbody/tr")]
    codes = [view["code"] for view in reviewed.json("review", "july")]
    assert len(rows) == 2
    assert "Marta Díaz" in rows[0]
    assert "No answer yet" in rows[0]
    assert codes[0] in rows[0]
    assert "The edition goes out without it." in rows[1]
    assert [link.get("href") for link in section.findall(".//th/a")] == ["#mails/regional.en", "#mails/guatemala.en"]


def test_an_ordinary_newsletter_has_no_such_tab(office):
    office.run("preview", "july", "--once", str(office.folder / "look.html"))
    assert 'id="review"' not in (office.folder / "look.html").read_text()


def test_the_page_about_reviews_is_true(office):
    """Its settings load; its commands run in the order of the page, with the code that the mail would show."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "review-by-part.md").read_text(encoding="utf-8")
    settings = (office.folder / "digest.yaml").read_text()
    office.write(
        "digest.yaml", settings.replace("    approval: required\n", re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])
    )
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        lines = [*block.splitlines(), "$"]
        for line, after in pairwise(lines):
            if line.startswith("$ digest"):
                words = shlex.split(line.removeprefix("$ digest"))
                if "K7Q2MD" in words:
                    codes = {view["part"]: view["code"] for view in office.json("review", "july")}
                    words[words.index("K7Q2MD")] = codes["regional"]
                printed = office.run(*words).stdout
                assert after.startswith("$") or after in printed.splitlines()
    assert office.messages().keys() == {
        "ben@example.org",
        *(f"{name}@example.org" for name in ("marta", "luis", "ana")),
    }
