import pytest

from digest.intake.tagging.tagger import dateline_end
from digest.intake.tagging.terms import Tokens


@pytest.mark.parametrize(
    ("paragraph", "dateline"),
    [
        ("Managua, Nicaragua. The ministry opened", "Managua, Nicaragua"),
        ("Managua, Nicaragua.", "Managua, Nicaragua"),
        ("Managua.", "Managua"),
        ("Managua –", "Managua"),
        ("San Pedro Sula – after the rains", "San Pedro Sula"),
        ("Managua.\u00a0The ministry opened", "Managua"),
        ("David, Panama\u00a0– Two towns agreed", "David, Panama"),
        ("Tegucigalpa – Two towns agreed", "Tegucigalpa"),
        ("Dangriga\u00a0—\u00a0The river rose", "Dangriga"),
        ("Honduras- After the rains", "Honduras"),
        ("Tuxtla Gutiérrez, Chiapas, March 2021. - The office", "Tuxtla Gutiérrez, Chiapas, March 2021."),
        ("La Unión, May 3, 2021.- The office", "La Unión, May 3, 2021."),
        ("Izabal Department, Guatemala. May 3-4, 2021. – The office", "Izabal Department, Guatemala. May 3-4, 2021."),
        (
            "SAN SALVADOR, El Salvador, 12 de mayo de 2021 (OIM) – Una",
            "SAN SALVADOR, El Salvador, 12 de mayo de 2021 (OIM)",
        ),
        ("Ciudad de Guatemala, 1 de agosto. – La oficina", "Ciudad de Guatemala, 1 de agosto."),
        ("Port-au-Prince, le 3 août 2021 – Une équipe", "Port-au-Prince, le 3 août 2021"),
        ("Costa Rica. 40 officers met", "Costa Rica"),
        ("Lima. On May 3, 2021, a group", "Lima"),
        ("Tikal", ""),
        ("The towns agreed. Guatemala was glad", ""),
        ("On May 3, 2021, the office – after a year – opened", ""),
        ("U.S. Ambassador Ana Ruiz met them", ""),
        ("“Costa Rica – a home”, said one", ""),
        ("", ""),
    ],
)
def test_a_dateline_ends_with_a_dash_or_the_first_full_stop(paragraph: str, dateline: str) -> None:
    tokens = Tokens.of(paragraph)
    assert tokens.text(0, dateline_end(tokens)) == dateline


def test_capitals_without_end_are_no_dateline() -> None:
    assert dateline_end(Tokens.of("Guatemala " * 100 + "– met")) == 0
