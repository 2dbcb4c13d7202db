"""Words that decide what a text tells, in English and Spanish: numbers, dates, directions, denials. All are folded.

Each line is one meaning. Texts in which they differ tell other news, however alike they are.
"""


def _first_words(lines: str) -> dict[str, str]:
    """Word → the first word of its line, which stands for all of them."""
    return {word: line.split()[0] for line in lines.strip().splitlines() for word in line.split()}


# `#` marks a place in an order.
NUMBERS = _first_words("""
0 zero none cero ninguno ninguna
2 two dos both ambos ambas
3 three tres
4 four cuatro
5 five cinco
6 six seis
7 seven siete
8 eight ocho
9 nine nueve
10 ten diez
11 eleven once
12 twelve doce dozen docena
13 thirteen trece
14 fourteen catorce
15 fifteen quince
16 sixteen dieciseis
17 seventeen diecisiete
18 eighteen dieciocho
19 nineteen diecinueve
20 twenty veinte
30 thirty treinta
40 forty cuarenta
50 fifty cincuenta
60 sixty sesenta
70 seventy setenta
80 eighty ochenta
90 ninety noventa
100 hundred cien ciento hundreds cientos
1000 thousand mil thousands miles
1000000 million millon millions millones
1/2 half mitad
#1 first primer primero primera 1st
#2 second segundo segunda 2nd
#3 third tercer tercero tercera 3rd
#4 fourth cuarto cuarta 4th
#5 fifth quinto quinta 5th
#6 sixth sexto sexta 6th
#7 seventh septimo septima 7th
#8 eighth octavo octava 8th
#9 ninth noveno novena 9th
#10 tenth decimo decima 10th
#-1 last final ultimo ultima
""")
DATES = _first_words("""
january jan enero ene
february feb febrero
march mar marzo
april apr abril abr
may mayo
june jun junio
july jul julio
august aug agosto ago
september sept sep septiembre setiembre
october oct octubre
november nov noviembre
december dec diciembre dic
monday mon lunes
tuesday tue martes
wednesday wed miercoles
thursday thu jueves
friday fri viernes
saturday sat sabado
sunday sun domingo
today hoy
tomorrow manana
yesterday ayer
spring primavera
summer verano
autumn otono
winter invierno
weekly semanal
monthly mensual
quarterly trimestral
annual yearly anual
""")
DATE_ONLY_AS_NAME = frozenset(["may", "mar", "sat", "sun", "mon"])  # written small they mean something else
# Words of one line on different sides contradict each other.
_DIRECTIONS = """
open opens opened opening reopens reopened abre abrio abren abierto apertura reabre | close closes closed closing shuts shut cierra cerro cierran cerrado cierre
begin begins began start starts started inaugurates inicia inicio comienza empieza | end ends ended finishes finished concludes termina termino finaliza concluye clausura
north northern norte | south southern sur | east eastern este oriente oriental | west western oeste occidente occidental
women mujeres | men hombres | children child ninos ninas ninez | youth young jovenes adolescents adolescentes
morning | afternoon evening tarde | night noche
rise rises rose increase increases increased grows up more sube aumenta aumento crece mas | fall falls fell decrease decreases decreased drops down fewer less baja disminuye disminuyo cae menos
arrive arrives arrived arrivals enter entry return returns returned llega llegan llegada llegadas entrada regresan vuelven | leave leaves left departures depart exit sale salen salida salidas
before antes | after despues tras
accept accepts accepted approve approves approved aprueba aprobo acepta | reject rejects rejected refuses refused rechaza rechazo
released freed libera liberados | arrest arrested detained detenidos arrestados captura
buy buys bought compra | sell sells sold vende
win wins won gana gano | lose loses lost pierde perdio
teachers maestros docentes | nurses enfermeras | police policia policias | judges jueces | prosecutors fiscales | consuls consules | journalists periodistas | students estudiantes
"""  # noqa: E501 – a line is one meaning
DIRECTIONS = {
    word: (line, side)
    for line, meaning in enumerate(_DIRECTIONS.strip().splitlines())
    for side, words in enumerate(meaning.split("|"))
    for word in words.split()
}
_DENIALS = """
not no never without cancelled canceled cancels postponed postpones suspended suspends denied
sin nunca cancelado cancelada cancela aplazado aplazada aplaza pospuesto pospuesta suspendido suspendida suspende
"""
DENIALS = frozenset(_DENIALS.split())
