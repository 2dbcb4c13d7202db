"""Commands of ours in what people read: each works, as printed, from where the program was called.

Whoever words a message writes `digest status`. Where the caller had to name the workspace with -C, the reader has to as
well, and finds `digest -C office status`. What goes through the catalogue of words and what an error says is `printed`
there; what is stored is `bare`, for whoever reads it may have called from elsewhere.
"""

import re
from collections.abc import Collection

_WORD = r"""(?:[^\s'"$`\\]|'[^']*'|"[^"]*"|\$'(?:[^'\\]|\\.)*')+"""  # of a shell


class _Caller:
    """How the program was called; until it is known, commands stay as they are written."""

    def __init__(self) -> None:
        self.commands: re.Pattern[str] | None = None
        self.folder: str | None = None  # the workspace as it has to be named; `None`: it is found without
        self.place: str | None = None  # the same, from wherever one stands


_caller = _Caller()


def called_for(commands: Collection[str], folder: str | None = None, place: str | None = None) -> None:
    """From now on let all `commands` that are printed name this workspace: `folder` as it was typed, `place` as it is
    found from everywhere.
    """
    names = "|".join(sorted(map(re.escape, commands), key=len, reverse=True))
    _caller.commands = re.compile(rf"(?<![\w/.-])digest(?: -C {_WORD})?(?= (?:-[vq] )*(?:{names})(?![\w-]))")
    _caller.folder, _caller.place = folder, place


def forget_caller() -> None:
    """From now on commands stay as they are written: the call has ended."""
    _caller.commands = _caller.folder = _caller.place = None


def printed(text: str) -> str:
    """The text, its commands as they work where the program was called."""
    return _naming(text, _caller.folder)


def lasting(text: str) -> str:
    """As `printed`, for pages and mails: they are read later, and from other folders."""
    return _naming(text, _caller.place)


def bare(text: str) -> str:
    """The text, its commands without a workspace."""
    return _naming(text, None)


def words(text: str) -> list[str]:
    """The words of a text; a whole command counts as one, for a line that breaks within it does not work."""
    if _caller.commands is None or "digest " not in text:
        return text.split()
    found, at = [], 0
    for command in re.finditer(rf"[^\w\s/.-]*{_caller.commands.pattern}[^,;`)\n]*\S*", text):
        found += [*text[at : command.start()].split(), command[0].strip()]
        at = command.end()
    return [*found, *text[at:].split()]


def _naming(text: str, folder: str | None) -> str:
    if _caller.commands is None or "digest " not in text:
        return text
    command = "digest" if folder is None else f"digest -C {_word(folder)}"
    return _caller.commands.sub(lambda _found: command, text)


def _word(folder: str) -> str:
    """As one word of a shell. Braces would be places to fill in a message: they get a notation of their own."""
    if re.fullmatch(r"[\w@%+=:,./-]+", folder, re.ASCII):
        return folder
    if not {*folder} & {*"{}"}:
        return "'" + folder.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(f"\\x{ord(sign):02x}" if sign in "{}\\'" else sign for sign in folder) + "'"
