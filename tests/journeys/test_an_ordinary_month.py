"""Preview, approve, send: the three steps of an ordinary month, and what can come between."""

import pytest


def test_preview_approve_send(office):
    office.run("preview", "july", "--once", str(office.folder / "look.html"))
    page = (office.folder / "look.html").read_text()
    assert "Police in Guatemala learn to spot forged papers" in page
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "2018-07", "--yes")
    messages = office.messages()
    assert sorted(messages) == ["ana@example.org", "ben@example.org"]
    ana, ben = (messages[who][0] for who in ("ana@example.org", "ben@example.org"))
    assert "Police in Guatemala" in ana.get_body(["plain"]).get_content()
    assert "Tijuana" not in ana.get_body(["html"]).get_content()
    assert "Tijuana" in ben.get_body(["html"]).get_content()
    assert ana["From"] == "Bulletin <bulletin@news.example.org>"


def test_what_is_approved_is_byte_for_byte_what_is_sent(office):
    """Outside the slots: the readable copy and the messages differ in nothing but addresses, ids, dates and links."""
    office.run("build", "--period", "july")
    office.run("approve", "july", "--by", "Marta")
    office.run("send", "july", "--yes")
    sample = (office.folder / "editions/monthly/2018-07/variants/regional.en.eml").read_bytes().split(b"\r\n")
    (sent,) = (office.folder / "out/monthly/2018-07").glob("ben@*.eml")
    lines = sent.read_bytes().split(b"\r\n")
    assert len(lines) == len(sample)
    different = [number for number, pair in enumerate(zip(lines, sample, strict=True)) if pair[0] != pair[1]]
    assert 0 < len(different) < 12
    for number in different:
        lowered = lines[number].lower()
        assert lowered.startswith((b"to:", b"date:", b"message-id:", b"list-unsubscribe:", b" <")) or b"=" in lowered


def test_sending_twice_sends_once(office):
    office.run("build", "--all")
    office.run("approve", "--by", "Marta")
    office.run("send", "--yes")
    before = {path: path.read_bytes() for path in (office.folder / "out").rglob("*") if path.is_file()}
    again = office.run("send", "july", "--yes")
    assert "finished" in again.stdout
    assert {path: path.read_bytes() for path in (office.folder / "out").rglob("*") if path.is_file()} == before


def test_a_story_that_comes_late_goes_into_the_next_edition_with_its_own_date(office):
    for command in (["build", "--all"], ["approve", "--by", "Marta"], ["send", "--yes"]):
        office.run(*command)
    office.write(
        "bulletins/late.en.txt", "28 July, 2018\n\nForum on housing in Guatemala\n\nThe forum was held late.\n"
    )
    assert "2018-08" in office.run("build", "--all").stdout
    office.run("approve", "--by", "Marta")
    office.run("send", "--yes")
    ben = office.messages()["ben@example.org"]
    assert len(ben) == 2
    august = next(m for m in ben if "Forum on housing" in m.get_body(["plain"]).get_content())
    text = august.get_body(["plain"]).get_content()
    assert "28 July 2018" in text
    assert "Tijuana" not in text


def test_explain_says_where_a_story_went_and_why(office):
    office.run("build", "--all")
    said = office.run("explain", "forged papers").stdout
    assert "its own period is July 2018 – monthly/2018-07" in said
    assert "country GT" in said
    assert "“Guatemala” in the title" in said
    assert "2018-07 (draft): included" in said


def test_explain_says_what_a_person_gets(office):
    for command in (["build", "--all"], ["approve", "--by", "Marta"], ["send", "--yes"]):
        office.run(*command)
    said = office.run("explain", "Ana@Example.org").stdout
    assert "monthly: guatemala; es; active" in said
    assert "monthly/2018-07: guatemala.es, sent" in said


def test_status_names_the_next_step(office):
    office.run("collect")
    assert "digest build --period 2018-07" in office.run("status").stdout
    office.run("build", "--all")
    assert "digest approve 2018-07 --by NAME" in office.run("status").stdout
    office.run("approve", "--by", "Marta")
    assert "digest send 2018-07" in office.run("status").stdout
    (newsletter,) = office.json("status")
    assert newsletter["editions"][0]["goes_out"] == "2018-08-05 09:00"


def test_when_nothing_is_due_build_names_the_periods_and_the_commands(office):
    said = office.run("build").stderr
    assert "Nothing is due" in said
    assert "digest build --period 2018-07" in said


def test_send_asks_for_the_number_only_at_a_terminal(office):
    office.run("build", "--all")
    office.run("approve", "--by", "Marta")
    assert "--yes" in office.run("send", code=2).stderr
    assert office.messages() == {}


def test_an_unapproved_draft_is_not_sent(office):
    office.run("build", "--all")
    assert "nobody has approved it" in office.run("send", "july", "--yes", code=3).stderr


def test_collecting_twice_adds_nothing(office):
    assert office.json("collect")[0]["added"] == 2
    again = office.json("collect")[0]
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_an_init_ed_workspace_works_at_once(empty):
    for language, refusal in (("en", "there is a workspace already"), ("es", "ya hay un espacio de trabajo")):
        empty.run("init", "--yes", "--language", language, str(empty.folder / language))
        inside = type(empty)(empty.folder / language)
        inside.write("bulletins/first.en.txt", "1 July, 2018\n\nA title\n\nA text about the bulletin.\n")
        inside.run("build", "--all")
        assert refusal in inside.run("init", "--yes", str(inside.folder), code=2).stderr


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sample_that_init_wrote_reaches_a_reader(empty, language):
    empty.run("init", "--yes", "--language", language, str(empty.folder))
    empty.write("bulletins/first.en.txt", "1 July, 2018\n\nA title\n\nA text about the bulletin.\n")
    empty.run("build", "--all")
    said = empty.run("check", "2018-07", code=3).stdout
    empty.run("approve", "2018-07", "--by", "Marta", code=3)
    for place in ("publisher.name", "publisher.address", "publisher.website", "newsletters."):
        assert f"digest.yaml, {place}" in said


def test_init_asks_eight_questions_and_keeps_hostile_answers_as_text(empty):
    answers = ['Office "A": {b}', "Street 1 # not a comment", "https://www.example.org", "America/Guatemala",
               "Bulletin: news", "news@example.org", "es", "week", "no"]  # fmt: skip
    said = empty.run("init", "--language", "es", str(empty.folder), stdin="\n".join(answers) + "\n")
    assert said.stderr.count("?") + said.stdout.count("?") >= 8
    empty.write("bulletins/uno.es.txt", "2 de julio de 2018\n\nUn título\n\nUn texto de la semana.\n")
    empty.run("build", "--period", "2018-W27")
    assert "Street 1 # not a comment" in (empty.folder / "editions/boletin/2018-W27/variants/todo.es.txt").read_text()


def test_init_asks_again_at_once_takes_what_people_type_and_goes_back(empty):
    answers = ["Oficina", "Calle 1", "www.example.org", "Mars/Olympus", "guatemala", "Notcias", "nobody", "<",
               "Noticias", "news@example.org", "Español e inglés", "cada mes", "sí"]  # fmt: skip
    said = empty.run("init", "--language", "es", str(empty.folder), stdin="\n".join(answers) + "\n")
    asked = said.stdout + said.stderr
    assert asked.count("(4 de 8)") == asked.count("(5 de 8)") == 2
    assert asked.count("(6 de 8)") == 3
    assert "no existe el huso horario 'Mars/Olympus'" in asked
    settings = (empty.folder / "digest.yaml").read_text()
    for line in ('website: "https://www.example.org"', 'timezone: "America/Guatemala"', 'title: "Noticias"'):
        assert line in settings
    assert "languages: [es, en]" in settings
    assert "every: month" in settings
    assert "└── keys/secret" in said.stderr
    assert "preview" in said.stderr.splitlines()[-1]
    assert (empty.folder / "bulletins/julio.es.docx").exists()


def test_init_that_is_left_has_written_nothing(empty):
    empty.run("init", "--language", "en", str(empty.folder), stdin="Office\nStreet\n", code=130)
    assert not (empty.folder / "digest.yaml").exists()


@pytest.mark.parametrize("command", ["collect", "build", "status", "items"])
def test_outside_a_workspace_a_command_says_what_to_do(empty, command):
    empty.folder.mkdir()
    assert "digest init" in empty.run(command, code=2).stderr


def test_a_mistyped_command_is_guessed(empty):
    assert "Did you mean 'approve'?" in empty.run("aprove", code=2).stderr


def test_an_introduction_stands_before_the_stories_and_is_part_of_the_draft(office):
    office.run("build", "--period", "july")
    before = office.folder / "editions/monthly/2018-07/edition.yaml"
    fingerprint = before.read_text().splitlines()[0]
    office.write(
        "plans/monthly/2018-07.yaml",
        "introduction:\n  en: 'We visited **both** hubs. <script>x</script>'\n",
    )
    office.run("build", "--period", "july")
    assert before.read_text().splitlines()[0] != fingerprint
    variants = office.folder / "editions/monthly/2018-07/variants"
    assert "<strong>both</strong>" in (variants / "regional.en.html").read_text()
    assert "<script>" not in (variants / "regional.en.html").read_text()
    text = (variants / "regional.en.txt").read_text()
    assert text.index("We visited") < text.index("Police in Guatemala")


def test_a_mail_with_an_error_cannot_be_approved_until_somebody_says_why(office):
    """A postal address that says nothing is against the law in the readers' countries."""
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("Apartado 100, San José", "TODO"))
    office.run("build", "--period", "july")
    findings = office.json("check", "july", code=3)
    codes = {finding["code"] for finding in findings if finding["severity"] == "error"}
    assert codes
    assert next(iter(codes)) in office.run("approve", "july", "--by", "Marta", code=3).stderr
    accepted = [word for code in codes for word in ("--accept", code)]
    assert "--because" in office.run("approve", "july", "--by", "Marta", *accepted, code=2).stderr
    office.run("approve", "july", "--by", "Marta", *accepted, "--because", "a rehearsal")
