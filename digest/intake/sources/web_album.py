"""The pictures of one look at a source of the web: each is fetched once, decoded within bounds, and kept by the name
that those of folders have.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from digest.errors import NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.words import excerpt
from digest.intake.memory import Lacking
from digest.intake.picture import Picture
from digest.intake.sources.draft import Findings
from digest.intake.sources.fetching import Ask, WebQuestion
from digest.intake.sources.miniatures import picture_name, picture_of
from digest.intake.sources.web_pictures import TINY, WebPicture, embedded

SECONDS, MEMORY = 5.0, 200 << 20  # of the processor's time, and bytes: for decoding one picture
MOST_ASKED = 60  # pictures of a source, in one look
_AT_ONCE = 2  # so that two bodies are in memory at most; most pictures of a source lie on one host, which allows two
_ACCEPT = "image/png, image/jpeg, image/webp, image/gif, image/*;q=0.5"
_MOST_NAMED = 5
_THERE = later("The page behind its link shows it.")


@dataclass(slots=True)
class WebAlbum:
    """`ask` is `None` where nobody is to be asked. `known` finds a picture by its name that was made before. `names`
    are those of the pictures that were had, by their marks; `missed` are the others.
    """

    source: str
    allow_networks: tuple[str, ...]
    ask: Ask | None
    known: Callable[[str], Picture | None]
    names: dict[str, str]
    missed: dict[str, Lacking]
    shown: dict[str, Picture] = field(default_factory=dict)  # by their marks

    def fill(self, wanted: Iterable[WebPicture], findings: Findings) -> None:
        """Have those that are `wanted`, as far as may be; name the others."""
        pictures: dict[str, WebPicture] = {}
        for one in wanted:
            pictures.setdefault(one.mark, one)
        lacking = [one for mark, one in pictures.items() if not self._is_known(mark)]
        if self.ask is not None:
            trying = [one for one in lacking if one.mark not in self.missed or self.missed[one.mark].may_be_tried]
            now = trying[:MOST_ASKED]
            for begin in range(0, len(now), _AT_ONCE):
                self._fetch(now[begin : begin + _AT_ONCE], self.ask)
        self._tell([one for one in lacking if one.mark not in self.shown], findings)
        if bare := sum(not one.alt for mark, one in pictures.items() if mark in self.shown):
            cause = plural_later(
                "{count:,} picture has no text for readers who cannot see it, as their publisher wrote none",
                "{count:,} pictures have no text for readers who cannot see it, as their publisher wrote none",
                bare,
            )
            findings.note(None, cause)

    def _is_known(self, mark: str) -> bool:
        found = self.known(self.names[mark]) if mark in self.names else None
        if found is not None:
            self.shown[mark] = found
        return found is not None

    def _fetch(self, pictures: Sequence[WebPicture], ask: Ask) -> None:
        asked = [one for one in pictures if not one.is_drawing and not one.address.startswith("data:")]
        questions = [
            WebQuestion(address=one.address, allow_networks=self.allow_networks, accept=_ACCEPT) for one in asked
        ]
        answers = dict(zip((one.mark for one in asked), ask(questions) if questions else (), strict=True))
        for one in pictures:
            answer = answers.get(one.mark)
            if one.is_drawing:
                self.missed[one.mark] = Lacking.for_good(
                    later("it is a drawing (SVG), which mail programs do not show")
                )
            elif answer is None:
                self._take(one.mark, embedded(one.address))
            elif answer.document is None:
                self.missed[one.mark] = Lacking.once_more(
                    self.missed.get(one.mark), answer.failure, was_asked=answer.asked
                )
            else:
                self._take(one.mark, answer.document.body)

    def _take(self, mark: str, data: bytes) -> None:
        name = picture_name(data)
        try:
            picture = self.known(name) or _decoded(data, self.source)
        except NothingUsableError as error:
            self.missed[mark] = Lacking.for_good(error.cause)
            return
        if max(picture.width, picture.height) <= TINY:
            self.missed[mark] = Lacking.for_good(later("it is so small that it shows nothing"))
            return
        self.names[mark], self.shown[mark] = picture.name, picture
        self.missed.pop(mark, None)

    def _tell(self, lacking: Sequence[WebPicture], findings: Findings) -> None:
        causes: defaultdict[str, list[WebPicture]] = defaultdict(list)
        for one in lacking:
            missed = self.missed.get(one.mark)
            causes[missed.cause if missed else later("they are asked for at the next look")].append(one)
        for cause, pictures in causes.items():
            named = [f"“{excerpt(one.alt or one.address)}”" for one in pictures[:_MOST_NAMED]]
            named += ["…"] if len(pictures) > _MOST_NAMED else []
            said = plural_later(
                "{count:,} picture is left out: {cause} ({names})",
                "{count:,} pictures are left out: {cause} ({names})",
                len(pictures),
                cause=cause,
                names=", ".join(named),
            )
            findings.warning(None, said, _THERE)


def _decoded(data: bytes, source: str) -> Picture:
    import PIL.Image  # 40 ms: only where there is a picture, and here, so that the children have it

    PIL.Image.init()
    try:
        return in_bounds(partial(picture_of, data, source), seconds=SECONDS, memory=MEMORY)
    except OutOfBoundsError as error:
        raise NothingUsableError(
            source, later("it cannot be decoded: {cause}").format(cause=str(error)), _THERE
        ) from error
