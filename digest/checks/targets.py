"""Links as their readers meet them: what they are called, and where they lead."""

import re

from digest.checks.reading import folded

_EDGES = " .,;:!¡?¿…»«›‹>→➔➜➝–—-()[]“”\"'"
_GENERIC = """
click; click here; here; read; read more; read on; read it; more; more here; more info; more information; learn more;
find out more; see more; view; view more; see; open; go; link; this link; this; this page; this article; website; web;
details; full story; full article; read the full story; read full article; continue; continue reading; keep reading;
download; pdf; press here; tap here;
clic; clic aquí; clic aqui; haga clic; haga clic aquí; haz clic; haz clic aquí; pulse aquí; pulsa aquí; pinche aquí;
aquí; aqui; acá; leer; leer más; leer mas; lea más; más; mas; más aquí; más info; más información; mas información;
saber más; conocer más; conozca más; ver; ver más; ver mas; ver aquí; abrir; ir; enlace; este enlace; esto; esta página;
este artículo; sitio web; página web; detalles; más detalles; nota completa; noticia completa; leer la nota completa;
leer nota completa; continuar; continuar leyendo; seguir leyendo; sigue leyendo; descargar; descargue aquí;
cliquez ici; ici; lire; lire la suite; en savoir plus; plus; voir; voir plus; télécharger;
clique aqui; leia mais; ler mais; saiba mais; ver mais; mais
"""
_SAYING_NOTHING = frozenset(folded(words) for words in _GENERIC.split(";"))
# Without a scheme or www. only common endings: “Node.js” and “report.pdf” are no hosts.
_HOST_IN_TEXT = re.compile(
    r"(?:https?://|(?=www\.)|(?=[a-z0-9.-]+\.(?:com|org|net|int|gov|edu|info|mil|gob(?:\.\w\w)?|(?!js|md|py)\w\w)(?:[/:?#]|\Z)))"
    r"((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#]\S*)?",
    re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|yourdomain\.com|domain\.com|mysite\.com)"
)


def is_generic(name: str) -> bool:
    """Whether it says that there is a link, and not what it is about; in English, Spanish, French, Portuguese."""
    return folded(name).strip(_EDGES) in _SAYING_NOTHING


def host_named_by(name: str) -> str | None:
    """The host, when the link's own words are a web address; without `www.`."""
    found = _HOST_IN_TEXT.fullmatch(name.strip())
    return None if found is None else found[1].lower().removeprefix("www.")


def is_placeholder(host: str) -> bool:
    return _PLACEHOLDERS.fullmatch(host) is not None
