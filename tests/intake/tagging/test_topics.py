"""Which topics a text concerns, in three languages."""

from collections.abc import Callable

import pytest

TopicsIn = Callable[..., set[str]]


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("A second information hub for the valley", "information-hubs"),
        ("Tres ventanillas informativas abren sus puertas", "information-hubs"),
        ("Un guichet d’information près du marché", "information-hubs"),
        ("Radio plays warn of the dangers of irregular migration", "prevention-irregular-migration"),
        ("Prevención de la migración irregular: un mural", "prevention-irregular-migration"),
        ("Mujeres que migran cuentan su historia", "women"),
        ("Égalité de genre dans les ports", "women"),
        ("Seventeen municipalities sign", "local-government"),
        ("Alcaldías del norte se unen", "local-government"),
        ("A new border post in the hills", "border-management"),
        ("Gestión fronteriza con menos papeles", "border-management"),
        ("Gestion des frontières: un guide", "border-management"),
        ("Binational table meets again", "bilateral-cooperation"),
        ("Cross-border cooperation grows", "bilateral-cooperation border-management"),
        ("Voluntary returns rise", "voluntary-return"),
        ("Reintegración de personas retornadas", "voluntary-return"),
        ("Unaccompanied children find a home", "children"),
        ("Niñez migrante: cifras", "children"),
        ("Protection de l'enfance en route", "children protection"),
        ("Taller para periodistas", "capacity-building"),
        ("A workshop on migrants' rights", "capacity-building human-rights"),
        ("Migrantes vulnerables: una guía", "vulnerable-migrants"),
        ("Classrooms without xenophobia", "education discrimination-xenophobia"),
        ("Extra-regional migrants: a map", "extra-regional-migration"),
        ("Migración extracontinental", "extra-regional-migration"),
        ("Migration policies compared", "migration-governance"),
        ("Primeros auxilios en el albergue", "health"),
        ("Mental health of hosts", "health psychosocial-support"),
        ("Psychological first aid by telephone", "psychosocial-support"),
        ("Contra la trata de personas", "trafficking"),
        ("Traite des êtres humains: un plan", "trafficking"),
        ("Tráfico ilícito de migrantes: sentencia", "smuggling"),
        ("Trafficking and smuggling", "trafficking smuggling"),
        ("Droits humains aux confins", "human-rights"),
        ("Earthquakes and hurricanes", "emergencies-disasters"),
        ("Protección internacional para quien huye", "protection refugees"),
        ("Seasonal workers’ handbook", "labour-migration"),
        ("Movilidad laboral ordenada", "labour-migration"),
        ("Consulates extend their hours", "consular-protection"),
        ("Regularización: nuevo plazo", "regularisation-documents"),
        ("Solicitantes de asilo en espera", "refugees"),
        ("Sequía y cambio climático", "climate"),
        ("Cohésion sociale: trois idées", "integration"),
    ],
)
def test_a_title_tells_its_topics(topics_in: TopicsIn, title: str, topics: str) -> None:
    assert topics_in(title) == set(topics.split())


@pytest.mark.parametrize(
    "title",
    [
        "Se trata de una buena noticia",
        "La mayor parte del camino",
        "UN Women and Save the Children sign",
        "Migrants and refugees sing",
        "La UN Refugee Agency publie",
        "Drug trafficking trial",
        "Hospitality in the hills",
        "Nueva medición del agua",
        "El asilo de ancianos celebra",
        "Under protection of the night",
    ],
)
def test_what_only_looks_like_a_topic_is_none(topics_in: TopicsIn, title: str) -> None:
    assert topics_in(title) == set()


@pytest.mark.parametrize("word", ["training", "taller", "workshop", "capacitación", "children", "women and children"])
def test_some_terms_count_in_titles_only(topics_in: TopicsIn, word: str) -> None:
    in_title = topics_in(f"A {word} in town")
    assert in_title - {"women"}
    assert topics_in("A visit", f"There was a {word} in town.") == in_title & {"women"}


def test_a_longer_phrase_hides_the_topic_inside_it(topics_in: TopicsIn) -> None:
    assert topics_in("Trafficking in women on trial") == {"trafficking"}
