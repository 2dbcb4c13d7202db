"""Maildir and sendmail with the whole program around them: everybody once, whatever dies when, and nothing unsaid."""

import fcntl
import shutil
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import local_offices
import oracle
import pytest
import sender
from dkim_verifiers import dkimpy_accepts, records_of
from doses import dose, some
from oracle import Evidence
from supervisor import Plan, supervise

from digest.delivery.dkim.keys import read_keys

KILLS = dose(8, 200)
POINTS = {  # and at which time they are reached
    "send.begun": 1,
    "dispatch.recovered": 1,
    "dispatch.before-commit": 4,
    "dispatch.committed": 4,
    "dispatch.journalled": 4,
    "dispatch.marked": 9,
}
SHARED = {"return_path": "bounces@news.example.org"}


@pytest.fixture
def place(tmp_path, sealed_template):
    """(transport, people, **delivery) → a workspace, and a function that tells what was taken."""

    def made(transport, people, more="", **delivery):
        if transport == "maildir":
            office = local_offices.office(
                sealed_template,
                tmp_path / "office",
                SHARED | {"transport": "maildir", "path": "mail"} | delivery,
                people,
            )
            return office, lambda: local_offices.accepted_in_maildir(office / "mail")
        if transport == "files":
            office = local_offices.office(
                sealed_template, tmp_path / "office", SHARED | {"transport": "files", "path": "out"} | delivery, people
            )
            return office, lambda: local_offices.accepted_as_files(office / "out")
        program = local_offices.taker(tmp_path / "taken", more)
        office = local_offices.office(
            sealed_template,
            tmp_path / "office",
            SHARED | {"transport": "sendmail", "command": str(program)} | delivery,
            people,
        )
        return office, lambda: local_offices.accepted_by_taker(tmp_path / "taken")

    return made


def messages_of(office, transport):
    if transport == "files":
        return [path.read_bytes() for path in (office / "out").rglob("*.eml")]
    if transport == "maildir":
        return [path.read_bytes() for path in (office / "mail" / "new").iterdir()]
    return [message for _, message in local_offices.taken(office.parent / "taken")]


def until_let_go(lock):
    """A child that was just born when its program was killed holds what its program held until it has become another
    program itself: on a busy machine long enough for the next start to find it.
    """
    if lock.exists():  # else it was killed before it held anything
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)


def tell(place, warm_program, folder, transport, *, readers, connections, seed, **plan):
    office, accepted = place(transport, local_offices.readers(readers), connections=connections)
    launcher = replace(warm_program, arguments=["-q", "-C", str(office), "send", "2018-07", "--yes"])
    whole = Plan(seed=seed, watched=office / "sending" / "journal", **plan)
    story = supervise(launcher, whole, folder / "runs", lambda _run: until_let_go(office / "sending.lock"))
    evidence = Evidence(
        accepted=accepted(),
        ledger=sender.ledger(office),
        seed=seed,
        selected=local_offices.readers(readers),
        database=office / "digest.db",
        most_doubts=connections * story.kills,
    )
    return evidence, story


@pytest.mark.parametrize("transport", ["files", "maildir", "sendmail"])
def test_killed_at_random_moments(place, warm_program, tmp_path, transport):
    evidence, story = tell(
        place,
        warm_program,
        tmp_path,
        transport,
        readers=KILLS * 60,
        connections=4,
        seed=5,
        strikes=KILLS,
        most=0.05,
        patience=max(120.0, KILLS * 5.0),  # for the last run, which nobody ends: a program for each mail
    )
    oracle.check(evidence)
    assert story.returncode == 0, story.said
    assert story.kills >= KILLS // 2
    if transport != "sendmail":
        assert all(len(copies) == 1 for copies in evidence.copies.values())


@pytest.mark.parametrize(
    ("transport", "point", "nth"),
    some(
        [
            *(
                (transport, point, nth)
                for transport in ("files", "maildir", "sendmail")
                for point, nth in POINTS.items()
            ),
            ("files", "files.written", 9),
            ("files", "files.renamed", 9),
            ("maildir", "maildir.written", 9),
            ("maildir", "maildir.renamed", 9),
            ("sendmail", "sendmail.started", 9),
            ("sendmail", "sendmail.ended", 9),
        ],
        daily=9,
    ),
)
def test_killed_at_a_named_point(place, warm_program, tmp_path, transport, point, nth):
    evidence, story = tell(
        place,
        warm_program,
        tmp_path,
        transport,
        readers=100 if transport == "files" else 20,  # many files share a transaction
        connections=3,
        seed=nth,
        strikes=0,
        failpoints=(f"{point}:kill:{nth}",),
    )
    oracle.check(evidence)
    assert story.returncode == 0, story.said
    assert story.kills == 1
    if transport != "sendmail":
        assert all(len(copies) == 1 for copies in evidence.copies.values())


@pytest.mark.parametrize(
    ("point", "before", "after"),
    [
        ("files.written", {"intent", "sent"}, ()),  # what is not marked did not leave
        ("files.renamed", {"intent", "sent"}, ()),  # what is there left
        ("dispatch.marked", {"intent"}, ("crash",)),  # at the first mark nothing is there: nobody can know
    ],
)
def test_a_file_that_is_there_was_sent_and_only_what_is_marked_and_not_there_is_in_doubt(
    place, warm_program, tmp_path, point, before, after
):
    office, accepted = place("files", local_offices.readers(1))
    launcher = replace(warm_program, arguments=["-q", "-C", str(office), "send", "2018-07", "--yes"])
    launcher.start({"DIGEST_FAIL": f"{point}:kill"}, tmp_path / "output").reap()
    assert {state for state, _ in sender.ledger(office).values()} <= before
    sender.digest(office, "send", "2018-07", "--yes")
    assert sender.ledger(office) == {who: ("sent", list(after)) for who in local_offices.readers(1)}
    assert len(accepted()) == 1
    assert [path for path in (office / "out").rglob("*") if path.suffix == ".new"] == []


def test_files_that_were_taken_away_before_a_crash_was_looked_at_are_in_doubt(place, warm_program, tmp_path):
    office, accepted = place("files", local_offices.readers(1), in_doubt={"crash": "hold"})
    launcher = replace(warm_program, arguments=["-q", "-C", str(office), "send", "2018-07", "--yes"])
    launcher.start({"DIGEST_FAIL": "files.renamed:kill"}, tmp_path / "output").reap()
    shutil.rmtree(office / "out")
    sender.digest(office, "send", "2018-07", "--yes", code=3)
    assert sender.ledger(office) == {who: ("held", ["crash"]) for who in local_offices.readers(1)}
    assert accepted() == []


def test_files_after_a_power_cut_are_made_out_from_what_is_there(place, warm_program, tmp_path):
    office, accepted = place("files", local_offices.readers(20))
    launcher = replace(warm_program, arguments=["-q", "-C", str(office), "send", "2018-07", "--yes"])
    launcher.start({"DIGEST_FAIL": "files.renamed:kill:9"}, tmp_path / "output").reap()
    there = {each.recipient for each in accepted()}
    for marker in (office / "sending").glob("*.marker"):  # of another boot
        marker.write_bytes(b"another" + marker.read_bytes()[7:])
    sender.digest(office, "send", "2018-07", "--yes")
    ledger = sender.ledger(office)
    assert {state for state, _ in ledger.values()} == {"sent"}
    assert all(doubts in ([], ["power"]) for _, doubts in ledger.values())
    assert not any(ledger[who][1] for who in there)
    assert sorted(each.recipient for each in accepted()) == sorted(local_offices.readers(20))


def test_files_are_journalled_before_and_after_they_are_there(place):
    office, accepted = place("files", local_offices.readers(5))
    sender.digest(office, "send", "2018-07", "--yes")
    kinds = {}
    for line in (office / "sending" / "journal").read_text().splitlines():
        _, kind, _, delivery, _ = line.split()
        kinds.setdefault(delivery.partition("-")[0], []).append(kind)
    kinds.pop("")  # the name of the instance
    assert list(kinds.values()) == [["i", "s"]] * len(accepted()) == [["i", "s"]] * 5


def test_a_copy_of_the_workspace_goes_on_writing_files(place, tmp_path):
    office, accepted = place("files", local_offices.readers(4))
    sender.digest(office, "send", "2018-07", "--limit", "2", "--yes")
    copy = tmp_path / "copy"
    shutil.copytree(office, copy)
    sender.digest(copy, "send", "2018-07", "--yes")
    assert len(local_offices.accepted_as_files(copy / "out")) == 4
    assert len(accepted()) == 2


def test_a_maildir_that_is_read_meanwhile_still_gets_nothing_twice(place, warm_program, tmp_path):
    office, accepted = place("maildir", local_offices.readers(30), connections=4)
    launcher = replace(warm_program, arguments=["-q", "-C", str(office), "send", "2018-07", "--yes"])
    for point in ("maildir.renamed:kill:9", "maildir.renamed:kill:4", ""):
        code = launcher.start({"DIGEST_FAIL": point}, tmp_path / "output").reap()
        for file in (office / "mail" / "new").iterdir():
            file.rename(office / "mail" / "cur" / f"{file.name}:2,S")
    assert code == 0, (tmp_path / "output").read_text()
    assert len(accepted()) == len({each.recipient for each in accepted()}) == 30


def test_files_are_signed(place):
    office, _ = place("files", local_offices.readers(3))
    sender.digest(office, "dkim", "keygen", "--selector", "s2018", "--domain", "news.example.org")
    records = records_of(read_keys(office / "keys" / "dkim"), "news.example.org")
    sender.digest(office, "send", "2018-07", "--yes")
    messages = messages_of(office, "files")
    assert len(messages) == 3
    assert all(dkimpy_accepts(message, records) for message in messages)


@pytest.mark.parametrize("transport", ["maildir", "sendmail"])
def test_messages_are_signed_and_their_return_path_names_the_delivery(place, transport):
    office, accepted = place(transport, local_offices.readers(3))
    sender.digest(office, "dkim", "keygen", "--selector", "s2018", "--domain", "news.example.org")
    records = records_of(read_keys(office / "keys" / "dkim"), "news.example.org")
    sender.digest(office, "send", "2018-07", "--yes")
    assert len({each.sender for each in accepted()}) == 3
    assert all("bounces+" in each.sender for each in accepted())
    for message in messages_of(office, transport):
        assert dkimpy_accepts(message.replace(b"\n", b"\r\n"), records)


@pytest.mark.parametrize("transport", ["maildir", "sendmail"])
def test_an_address_that_no_message_can_safely_hold_keeps_nobody_else_waiting(place, transport):
    evil = "=?utf-8?q?a=0D=0ABcc=3A_e?=@example.org"
    office, accepted = place(transport, [*local_offices.readers(4), evil, "ok@example.org"])
    ended = sender.digest(office, "send", "2018-07", "--yes", code=4)
    assert "'=?' begins an encoded word in a header, and no address" in ended.stderr
    assert evil not in ended.stderr + ended.stdout
    ledger = sender.ledger(office)
    assert {state for state, _ in ledger.values()} == {"sent"}
    assert sorted(each.recipient for each in accepted()) == sorted(ledger)


def test_strange_names_say_what_they_say(place):
    names = [
        "=?utf-8?q?a=0D=0ABcc=3A_e=40x?=",
        'Ana "la jefa" López',
        "López, Ana; Eva",
        '"@"',
        "<e@x.example>",
        "ñ" * 190,
    ]
    people = dict(zip(local_offices.readers(len(names)), names, strict=True))
    office, _ = place("maildir", [{"address": address, "name": name} for address, name in people.items()])
    sender.digest(office, "send", "2018-07", "--yes")
    messages = [message_from_bytes(each, policy=default) for each in messages_of(office, "maildir")]
    assert {each["Delivered-To"] for each in messages} == set(people)
    for message in messages:
        (to,) = message["To"].addresses
        assert to.addr_spec == message["Delivered-To"]
        assert "".join(to.display_name.split())[:90] == "".join(people[to.addr_spec].split())[:90]
        assert message["Bcc"] is None


def test_a_program_that_is_missing_says_so_and_everybody_waits(place):
    office, accepted = place("sendmail", local_offices.readers(5))
    (office.parent / "taken" / "taker").unlink()
    ended = sender.digest(office, "send", "2018-07", "--yes", code=78)
    assert "delivery.command" in ended.stderr
    assert {state for state, _ in sender.ledger(office).values()} == {"pending"}
    local_offices.taker(office.parent / "taken")
    sender.digest(office, "send", "2018-07", "--yes")
    assert len(accepted()) == 5


def test_what_may_have_been_taken_is_in_doubt_and_waits_for_a_person_if_so_wished(place):
    office, accepted = place("sendmail", local_offices.readers(3), "kill -9 $$", in_doubt={"server": "hold"})
    sender.digest(office, "send", "2018-07", "--yes", code=3)
    assert sender.ledger(office) == {who: ("held", ["server"]) for who in local_offices.readers(3)}
    assert len(accepted()) == 3


def test_reviewers_get_their_mail_the_same_way(place, tmp_path):
    office, accepted = place("sendmail", local_offices.readers(2))
    shutil.rmtree(office / "editions")
    settings = (office / "digest.yaml").read_text()
    (office / "digest.yaml").write_text(
        settings.replace("approval: required", "approval: required\n    reviewers: {regional: Marta <m@example.org>}")
    )
    (office / "digest.db").unlink()
    sender.digest(office, "build", "--period", "2018-07")
    sender.digest(office, "review", "2018-07", "--send", code=None)
    assert [each.recipient for each in accepted()] == ["m@example.org"]
