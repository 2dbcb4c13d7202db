"""Every key and word by which web sites and offices say that a text is not to be read yet, or no longer."""

from datetime import date

import pytest

from digest.intake.sources.draft import Findings, Said
from digest.intake.sources.front_matter import FrontMatter, days_to_come, held_back, says_when

TODAY = date(2018, 8, 5)


def words(text: str) -> list[str]:
    return [word for line in text.strip().split("\n") for word in line.split(", ")]


def is_held(key: str, value: str | tuple[str, ...]) -> bool:
    return held_back(FrontMatter({}, {key: Said(value, 2)}), TODAY, Findings("")) is not None


def is_asked_about(key: str, value: str) -> bool:
    findings = Findings("")
    assert held_back(FrontMatter({}, {key: Said(value, 2)}), TODAY, findings) is None
    return bool(findings.problems)


YES, NO = words("true, Yes, on, 1, SI, sí, y, t, X"), words("false, No, off, 0, n, F")
HELD_BY_A_YES = words("""
isDraft, unlisted, private, isPrivate, privado, privada, hidden, isHidden, oculto, oculta, archived, isArchived
archivado, archivada, unpublished, no_publish, wip, headless, internal, interno, interna, Confidential, confidencial
excludeFromCollections, eleventyExcludeFromCollections, protected, memberOnly, members-only, deleted, trashed
secret, secreto, secreta, do not publish, dont_publish, no publicar, disabled, expired, withdrawn, retirado, retirada
on hold, internal only, internal use, for internal use, for internal use only, uso interno, staff only, do not send
dont_send, no enviar, en revisión, obsolete, obsoleto, obsoleta, superseded, retracted, trash, not for publication
not for release, off the record, no-email
""")
EMBARGOES = words(
    "embargo, embargoed, embargado, embargada, embargoUntil, embargoed_until, embargado hasta, bajo embargo"
)
HELD_BY_A_PLAIN_YES = words(
    "template, sample, example, test, plantilla, ejemplo, prueba, exclude, skip, ignore, excluir, ignorar"
)
HELD_BY_A_NO = words("""
published, publish, isPublished, publicado, publicada, publicar, public, isPublic, público, publica, listed, visible
isVisible, live, online, approved, aprobado, aprobada, ready, listo, lista, active, activo, activa, enabled, vigente
ready_to_publish, publishable, reviewed, revisado, revisada
""")
HELD_UNLESS_A_YES = words("published, publish, isPublished, publicado, publicada, publicar")
STATES = words("""
status, state, estado, estatus, visibility, visibilidad, stage, etapa, access, acceso, post_status, publishStatus
publication status, workflow, workflow_state
""")
HELD_AMONG_OTHERS = words("""
draft, drafts, pending, private, scheduled, unpublished, unlisted, hidden, embargo, embargoed, restricted, confidential
wip, review, borrador, pendiente, privado, privada, revisión, programado, programada, oculto, oculta, restringido, hold
awaiting, waiting, unapproved, unreviewed, editing, edición, espera, embargado, embargada, confidencial, reservado
""")
HELD_ALONE = words("""
auto-draft, future, trash, trashed, internal, not published, in review, needs review, under review, work in progress
in progress, archived, archive, deleted, members, members only, member, paid, subscribers, password, protected, rejected
idea, todo, new, en revisión, por revisar, futuro, interno, interna, archivado, archivada, papelera, no publicado
rechazado, brouillon, privé, en attente, rascunho
""")
OPEN = words("""
published, publish, public, live, final, ready, done, approved, complete, completed, active, released, visible, everyone
all, online, publicado, publicada, público, publica, listo, lista, aprobado, aprobada, activo, activa, publié
""")
NEGATIONS = words("not, no, sin, never, nunca, dont, until, hasta, needs, to, por")
NOT_BEFORE = words("""
publishDate, publish_on, publish at, pubDate, publicationDate, publish_after, publishFrom, scheduled, scheduled_for
scheduledAt, scheduleDate, scheduled on, releaseDate, go_live_on, goLiveDate, valid_from, publishedAt, published_on
datePublished, publishTime, fecha publicación, fecha de publicación, publicar el, release, go live, not_before
availableFrom, available_on, visibleFrom, showAfter, no publicar antes de, publicar desde, disponible desde, liberar el
""")
NOT_AFTER = words("""
expiryDate, expires, expires_on, expiresAt, expiry, expirationDate, expireDate, unpublishDate, unpublish_on
unpublishAt, valid_until, archiveOn, archiveDate, valid to, caduca, caducidad, fecha caducidad, fecha de caducidad
vence, vencimiento, dateExpires, remove_after, hideAfter, showUntil, visible_until, visible hasta
""")
LABELS = words(
    "tags, tag, labels, label, keywords, keyword, categories, category, etiquetas, etiqueta, categorías, categoria"
)
HELD_LABELS = words("""
draft, drafts, wip, unpublished, unlisted, no-publish, do not publish, dont publish, not for publication, borrador
borradores, no publicar, no publicado, brouillon, rascunho, work in progress, embargo, embargoed, embargado, do-not-send
internal only, uso interno
""")
KINDS = words("type, kind, layout, post_type, audience, audiencia, classification, clasificación, tipo")


@pytest.mark.parametrize("key", [*HELD_BY_A_YES, *EMBARGOES])
def test_a_key_that_holds_back_does_so_unless_it_is_denied(key: str) -> None:
    assert [value for value in (*YES, "Ana asked") if not is_held(key, value)] == []
    assert [value for value in (*NO, "") if is_held(key, value)] == []
    assert says_when(key)


def test_an_embargo_ends_by_its_day_or_by_a_word() -> None:
    over = words("none, Lifted, over, ended, past, ninguno, terminado, levantado, 2018-08-05, 2018-08-04")
    assert [(key, value) for key in EMBARGOES for value in over if is_held(key, value)] == []
    assert [key for key in EMBARGOES if not is_held(key, "2018-08-06")] == []


def test_a_key_that_may_name_something_holds_back_by_a_plain_yes_alone() -> None:
    assert [(key, value) for key in HELD_BY_A_PLAIN_YES for value in YES if not is_held(key, value)] == []
    assert [(key, value) for key in HELD_BY_A_PLAIN_YES for value in (*NO, "base") if is_held(key, value)] == []


def test_a_key_that_lets_out_holds_back_by_a_no_or_a_state_that_does() -> None:
    held = [*NO, *HELD_AMONG_OTHERS, *HELD_ALONE]
    assert [(key, value) for key in HELD_BY_A_NO for value in held if not is_held(key, value)] == []
    assert [(key, value) for key in HELD_BY_A_NO for value in (*YES, *OPEN, "2018-08-05") if is_held(key, value)] == []
    assert [key for key in HELD_BY_A_NO if not is_held(key, "2018-08-06") or not says_when(key)] == []
    assert [key for key in HELD_BY_A_NO if is_held(key, "by Ana")] == HELD_UNLESS_A_YES


def test_a_state_holds_back_by_its_word_by_a_word_of_several_and_by_a_negation() -> None:
    several = [f"“{word}” (Ana)" for word in HELD_AMONG_OTHERS]
    denied = [f"{word} something" for word in NEGATIONS]
    for key in STATES:
        assert [
            value for value in (*HELD_AMONG_OTHERS, *HELD_ALONE, *several, *denied) if not is_held(key, value)
        ] == []
        assert [value for value in (*OPEN, *YES, "") if is_asked_about(key, value)] == []
        assert is_asked_about(key, "by Ana")
        assert says_when(key)


def test_a_day_on_which_a_text_may_first_be_read_holds_it_back_until_then() -> None:
    assert [key for key in NOT_BEFORE if not is_held(key, "2018-08-06") or is_held(key, "2018-08-05")] == []
    assert [key for key in NOT_BEFORE if not is_held(key, "pending") or not says_when(key)] == []
    assert [key for key in NOT_BEFORE if is_held(key, "soon")] == []


def test_a_day_on_which_a_text_may_last_be_read_holds_it_back_after_that() -> None:
    assert [key for key in NOT_AFTER if not is_held(key, "2018-08-04") or is_held(key, "2018-08-05")] == []
    assert [key for key in NOT_AFTER if is_held(key, "soon") or not says_when(key)] == []


def test_a_label_among_others_or_a_kind_holds_back_by_words_that_nobody_gives_to_news() -> None:
    for key in LABELS:
        assert [
            word for word in HELD_LABELS if not is_held(key, f"News; {word}") or not is_held(key, ("News", word))
        ] == []
        assert not is_held(key, "News, private, Jobs")
    for key in KINDS:
        assert [word for word in (*HELD_LABELS, *HELD_BY_A_YES) if not is_held(key, word)] == []
        assert not is_held(key, "an internal note")


@pytest.mark.parametrize(
    ("key", "value", "held"),
    [
        *(("password", "x", True), ("build.render", "never", True), ("build.list", "never", True)),
        *(("build.render", "always", False), ("sidebar.hidden", "true", False), ("sidebar.draft", "true", True)),
        *(("sidebar.publishDate", "2018-08-06", True), ("sidebar.expiryDate", "2018-08-04", True)),
        *(("sidebar.published", "no", True), ("sidebar.unpublished", "yes", True), ("draft", "true", False)),
    ],
)
def test_what_holds_back_by_its_place(key: str, value: str, held: bool) -> None:
    assert is_held(key, value) is held


@pytest.mark.parametrize(
    "above",
    words("""
params, extra, data, meta, metadata, page, post, article, content, custom, customFields, config, options, settings
build, cascade, frontMatter, attributes, publishing, publication, workflow, hugo, jekyll, wordpress
"""),
)
def test_below_a_key_of_the_text_others_speak_of_it(above: str) -> None:
    assert is_held(f"{above}.hidden", "true")
    assert is_held(f"{above}.borrador", "true")


@pytest.mark.parametrize(
    ("key", "value", "days"),
    [
        *(("publishDate", "2018-08-06", [6]), ("publishDate", "2018-08-05", []), ("embargo", "2018-08-09", [9])),
        *(("ready", "2018-08-09", [9]), ("expires", "2018-08-05", [6]), ("expires", "2018-08-04", [])),
        *(("expires", "9999-12-31", []), ("status", "2018-08-09", []), ("publishDate", "soon", [])),
    ],
)
def test_the_days_on_which_that_changes_are_known(key: str, value: str, days: list[int]) -> None:
    front = FrontMatter({}, {key: Said(value, 2)})
    assert [day.day for day in days_to_come(front, TODAY)] == days
