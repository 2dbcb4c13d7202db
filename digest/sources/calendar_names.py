"""The names of months and weekdays in English, Spanish, French and Portuguese, folded, with their abbreviations."""

from difflib import get_close_matches


def _numbered(names: str, first: int) -> dict[str, int]:
    return {name: number for number, line in enumerate(names.strip().splitlines(), first) for name in line.split()}


MONTHS = _numbered(
    """
    january jan enero ene janvier janv janeiro
    february feb febrero fevrier fevr fev fevereiro
    march mar marzo mars marco
    april apr abril abr avril avr
    may mayo mai maio
    june jun junio juin junho
    july jul julio juillet juil julho
    august aug agosto ago aout
    september sep sept septiembre setiembre set septembre setembro
    october oct octubre octobre outubro out
    november nov noviembre novembre novembro
    december dec diciembre dic decembre dezembro dez
    """,
    first=1,
)

WEEKDAYS = _numbered(
    """
    monday mon lunes lun lundi segunda-feira segunda seg
    tuesday tue tues martes mar mardi terca-feira terca ter
    wednesday wed weds miercoles mie mercredi mer quarta-feira quarta qua
    thursday thu thur thurs jueves jue jeudi jeu quinta-feira quinta qui
    friday fri viernes vie vendredi ven sexta-feira sexta sex
    saturday sat sabado sab samedi sam
    sunday sun domingo dom dimanche dim
    """,
    first=0,
)


def nearest(word: str, names: dict[str, int], *, likeness: float) -> str | None:
    """The full name that a misspelt word most probably means; `None` when it resembles none."""
    close = get_close_matches(word, [name for name in names if len(name) > len("mars")], n=1, cutoff=likeness)
    return close[0] if close else None
