"""Which countries a text names: our own sentences for traps met in bulletins, in three languages."""

import unicodedata
from collections.abc import Callable

import pytest

CountriesIn = Callable[..., set[str]]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # names, demonyms, capitals
        ("A shelter opens in Honduras", "HN"),
        ("Two Honduran nurses and a Nicaraguan cook", "HN NI"),
        ("Salvadorean and Salvadoran families", "SV"),
        ("Dominicans and Panamanians share a stage", "DO PA"),
        ("La delegación beliceña llegó ayer", "BZ"),
        ("Médicas costarricenses y panameñas", "CR PA"),
        ("El consulado dominicano en la frontera", "DO"),
        ("Jóvenes guatemaltecas, hondureños y nicaragüenses", "GT HN NI"),
        ("Un convenio canadiense y estadounidense", "CA US"),
        ("Les autorités guatémaltèques et béliziennes", "GT BZ"),
        ("Une Mexicaine et deux Panaméens", "MX PA"),
        ("Au Salvador et au Nicaragua", "SV NI"),
        ("Aux États-Unis comme en République dominicaine", "US DO"),
        ("From Tegucigalpa to Belmopan", "HN BZ"),
        ("Reunión en Ciudad de Guatemala", "GT"),
        ("Reunión en la Ciudad de México", "MX"),
        ("Un albergue en Tapachula, en el Distrito Federal y en Managua", "MX NI"),
        # spellings
        ("TALLER EN PANAMÁ Y EN MÉXICO", "PA MX"),
        ("Peten, Mexico, Panama y la Republica Dominicana", "GT MX PA DO"),
        ("Mexico’s south and Belize's north", "MX BZ"),
        ("The Guatemala-Honduras line", "GT HN"),
        ("Frontera México–Belice, puente Guatemala/El Salvador", "MX BZ GT SV"),
        ("a costa\u00a0rica mail without capitals", "CR"),
        ("“Nicaragua”, (Belize), Honduras: three stops", "NI BZ HN"),
        ("in El\u00a0Salvador", "SV"),
        ("EL SALVADOR ABRE UNA OFICINA", "SV"),
        # what only looks like a country
        ("Central American mayors and Latin American poets", ""),
        ("North and Central America", ""),
        ("A norteamericano, un centroamericano, el Triángulo Norte de Centroamérica", ""),
        ("América Central, América del Norte et l'Amérique centrale", ""),
        ("A ranch in New Mexico", ""),
        ("Un rancho en Nuevo México", ""),
        ("Storm over the Gulf of Mexico and the Golfo de México", ""),
        ("A ship in the Panama Canal; el Canal de Panamá", ""),
        ("Doctors of the World France, Médicos del Mundo Francia", ""),
        ("Guía de la Cañada y Las Cañadas", ""),
        ("Georgia signs; France helps", ""),
        ("Los americanos y las americanas del continente americano", ""),
        ("el salvador del mundo, un salvador", ""),
        ("Salvador Gómez sings", ""),
        ("honduras del alma", ""),
        ("San José, San Marcos, Santa Ana, La Unión, Santiago y Corinto", ""),
        ("The island of Dominica", ""),
        ("financed by the U.S. Department of State", ""),
        # look-alikes that mean another one
        ("Young people of Liberia, in Guanacaste", "CR"),
        ("Gobierno de los Estados Unidos Mexicanos", "MX"),
        ("La Casa en Mejicanos", "SV"),
        ("una casa de mejicanos", "MX"),
        ("San Salvador Atenco", "MX"),
        ("Tabasco and Chiapas", "MX"),
        # US is not us
        ("The US and Mexico talk", "US MX"),
        ("They told us that Mexico will help us", "MX"),
        ("JOIN US IN MEXICO TODAY", "MX"),
        ("JOIN US in Belize", "BZ"),
        ("They joined US officials", "US"),
        ("Costs of US$ 500 and US$20", ""),
        ("the U.S. border; the USA", "US"),
        ("viaje a EE. UU.", "US"),
        ("viaje a EE.UU. y a EEUU", "US"),
        ("La oficina usa datos", ""),
        # addresses are no evidence
        ("Write to info@belize.example or see https://example.org/guatemala/", ""),
    ],
)
def test_a_title_names_its_countries_and_no_other(countries_in: CountriesIn, text: str, codes: str) -> None:
    assert countries_in(text) == set(codes.split())


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_any_normal_form_names_the_same_countries(countries_in: CountriesIn, form: str) -> None:
    text = unicodedata.normalize(form, "Petén, México, Panamá, hondureña, Haïti, États-Unis")  # type: ignore[arg-type]  # a Literal
    assert countries_in(text) == {"GT", "MX", "PA", "HN", "US"}


@pytest.mark.parametrize(
    "text",
    [
        "Colombian and Venezuelan families reach a town in Peru",
        "Familias haitianas y cubanas; Ecuador, Jamaica, Argentina",
        "Des Colombiens, des Haïtiens et des Vénézuéliens",
        "Santo Domingo de los Tsáchilas",
    ],
)
def test_countries_that_are_off_are_not_guessed(countries_in: CountriesIn, text: str) -> None:
    assert countries_in(text) == set()


def test_every_paragraph_counts(countries_in: CountriesIn) -> None:
    assert countries_in("A visit", "First to Belize.", "Then to Honduras.") == {"BZ", "HN"}


def test_a_list_of_nine_countries_is_read_in_full(countries_in: CountriesIn) -> None:
    text = "Delegates came from Mexico, Belize, Guatemala, El Salvador, Honduras, Nicaragua, Panama and Costa Rica."
    assert countries_in("A meeting", text, "Con la República Dominicana") == {
        "MX",
        "BZ",
        "GT",
        "SV",
        "HN",
        "NI",
        "PA",
        "CR",
        "DO",
    }
