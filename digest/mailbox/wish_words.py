"""The words with which people ask to leave, in English and Spanish: lower case, without accents and punctuation."""


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


def _maybe(*words: str) -> str:
    return f"(?: {_any(*words)})?"


GREETING = _any(
    "hola|hi|hello|hey|good (?:morning|afternoon|evening|day)|buen(?:os|as)? (?:dias?|tardes|noches)|buenas|saludos",
    "cordial saludo|estimad[oa]s?|apreciad[oa]s?|dear|querid[oa]s?|senor(?:es|as?)?|sres|a quien corresponda",
    "to whom it may concern",
)
PLEASE = _any(
    "please|pls|kindly|por favor|porfa|porfavor|favor(?: de)?|se ruega",
    "les? (?:ruego|pido|agradezco|solicito)(?: que)?",
)
THANKS = _any(
    r"please|thanks?(?: you)?(?: very much| in advance)?|por favor|porfa|(?:muchas |mil )?gracias(?: de antemano)?",
    r"(?:cordiales |un )?saludos?(?: cordial(?:es)?)?|(?:best|kind)? ?regards|now|ya|inmediatamente|immediately|asap",
    "today|hoy",
)

_MAIL = "(?:e ?mails?|mails?|mailings?|messages?|newsletters?|bulletins?|news|digests?|updates?|communications?)"
_FROM = (
    "(?:(?:from|of|off|to) (?:(?:this|your|the|all|any|these|our) )*"
    "(?:(?:mailing|distribution|e ?mail|monthly|weekly) )*"
    f"(?:lists?|{_MAIL}|everything|all|subscriptions?|subscribers?|database))"
)
_WHO = "(?:me|us|(?:this|my|our) (?:e ?mail )?(?:address|account|name|e ?mail))"

_CORREO = (
    "(?:correos?(?: electronicos?)?|mensajes?|boletin(?:es)?|e ?mails?|envios?|comunicaciones|newsletters?|noticias"
    "|notificaciones)"
)
_LISTA = (
    "(?:(?:del?|en|a|de sus?|de todos?|de todas) (?:(?:la|las|los|el|su|sus|este|esta|estos|estas|todos?|todas?) )*"
    "(?:listas?(?: de (?:correos?|distribucion|envios?|difusion|suscriptores))?"
    f"|{_CORREO}|base(?: de datos)?|suscripci(?:on|ones)|todo))"
)
_MI = (
    "(?:(?:a )?(?:mi|nuestro|nuestra|este|esta|el|la) (?:correo|direccion|e ?mail|cuenta|nombre|suscripcion)"
    "(?: electronic[oa]| de correo)?)"
)
_QUIERO = _any(
    "quiero|quisiera|quisieramos|queremos|deseo|deseamos|desearia|necesito|solicito|solicitamos|pido|prefiero",
    "me gustaria",
)
_QUITAR = _any(
    "eliminar|elimine|eliminen|borrar|borre|borren|quitar|quite|quiten|sacar|saque|saquen|retirar|retire|retiren|remover"
)
_DAR = "(?:dar|den|da|de|dan|dad|darme|darnos|darse|deme|denme|dame|dadme|denos|dennos|demen)"

ENGLISH = (
    f"unsub(?:scribe)?{_maybe(_WHO)}{_maybe(_FROM)}(?: all| everything)?",
    f"(?:remove|delete|drop) {_WHO}{_maybe(_FROM)}",
    f"remove{_maybe(_FROM)}",
    f"take {_WHO} (?:off|{_FROM})(?: .{{0,30}}lists?)?",
    f"stop(?: (?:sending|e ?mailing|mailing){_maybe(_WHO)}(?: (?:any|more|your|these|this|the))*{_maybe(_MAIL)})?",
    f"stop (?:the|these|this|your|all) {_MAIL}",
    f"opt ?(?:me )?out{_maybe(_FROM)}",
    f"(?:cancel|end|terminate) (?:my|this|the|our|all) (?:subscriptions?|{_MAIL})",
    "cancel subscription",
    (
        "(?:i|we)(?: would| d)? (?:want|wish|like|need|ask|request)(?: you)? to "
        "(?:unsubscribe|opt out|be (?:removed|unsubscribed|taken off)|cancel|leave (?:this|the|your) list|remove"
        f"|stop receiving){_maybe(_WHO)}(?: (?:my|this) subscription)?{_maybe(_FROM)}(?: (?:these|your) {_MAIL})?"
    ),
    (
        "(?:i|we) (?:do not|don t|dont|no longer) (?:want|wish)(?: to (?:receive|get))?"
        f"(?: (?:any|more|these|your|this|further|the|such|of))* (?:{_MAIL}|them|it)"
        "(?: (?:any ?more|any longer|from you|please))*"
    ),
    f"no more (?:of )?(?:(?:these|your|this) )?{_MAIL}(?: (?:for me|to me))?",
    (
        "(?:can|could|would|will) you (?:please )?(?:unsubscribe|remove|take) "
        f"{_WHO}(?: off)?{_maybe(_FROM)}(?: please)?(?: \\?)?"
    ),
)
SPANISH = (
    f"(?:la |mi )?baja(?: (?:definitiva|inmediata))?{_maybe(_LISTA)}",
    f"{_QUIERO} (?:(?:la|mi|nuestra|una) )?baja {_LISTA}",
    f"(?:solicito|solicitamos|pido|solicitud de)(?: (?:la|mi|nuestra))? baja{_maybe(_LISTA)}",
    (
        f"(?:{_QUIERO} )?(?:que )?(?:(?:me|nos|se) )?{_DAR}(?: (?:me|nos))?{_maybe(_MI)} de baja"
        f"(?: (?:a )?{_MI})?{_maybe(_LISTA)}"
    ),
    f"{_QUIERO} ser (?:dad[oa]s?|eliminad[oa]s?) (?:de baja{_maybe(_LISTA)}|{_LISTA})",
    (
        "(?:(?:me|nos) )?(?:puede|pueden|podria|podrian|podeis) "
        "(?:dar|darme|darnos|eliminar|eliminarme|quitarme|borrarme)"
        f"(?: de baja)?{_maybe(_MI)}{_maybe(_LISTA)}(?: por favor)?(?: \\?)?"
    ),
    (
        f"(?:{_QUIERO} )?(?:cancelar|cancele|cancelen|anular|anule|anulen|cancelacion de|terminar)"
        f"(?: (?:mi|la|esta|nuestra|una))? suscripcion{_maybe(_LISTA)}"
    ),
    f"(?:{_QUIERO} )?des(?:in|s?u)?s?cri(?:b|p)\\w{{2,12}}{_maybe(_LISTA)}",
    (
        "(?:ya )?no (?:(?:quiero|queremos|deseo|deseamos|quisiera|me interesa) )(?:seguir )?(?:recibir|recibiendo)"
        "(?: (?:mas|sus|su|estos|este|el|los|la|las|de|ningun|otros|esta))*"
        f"(?: (?:{_CORREO}|informacion|publicidad|nada))(?: (?:mas|de ustedes|suyos|suyo))*"
    ),
    f"(?:{_QUIERO} )?(?:(?:me|nos) )?{_QUITAR}(?:(?:me|nos){_maybe(_LISTA)}| {_MI}{_maybe(_LISTA)}| {_LISTA})",
    f"(?:eliminenme|quitenme|borrenme|saquenme|retirenme|eliminame|quitame|borrame|sacame){_maybe(_LISTA)}",
    (
        "no (?:me |nos )?(?:envien|envie|manden|mande|enviar|mandar|enviarme|mandarme|escriban)"
        f"(?: (?:mas|sus|estos|este|el))* ?(?:{_CORREO}|mas)(?: (?:mas|por favor))*"
    ),
)
AMBIGUOUS = frozenset({"baja", "la baja", "mi baja", "remove", "stop", "baja definitiva", "baja inmediata"})
"""What can mean something else: a *baja* may be a sick leave."""
