"""What the desk's pages answer with: a page that is drawn, the way back after a click, the status of a refused one."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.desk.forms import FilledForm
from digest.desk.local_page import is_equal
from digest.desk.open_desk import OpenDesk
from digest.desk.pages import draw_page
from digest.errors import BusyError, DigestError, PersonNeededError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.requests import NotServed, body_of, fields_of

FORM_MOST = 2_000_000  # bytes: more than any text that a person pastes
STATUS = {UsageError: 422, PersonNeededError: 409, BusyError: 409}


class DeskAnswers:
    def __init__(self, desk: OpenDesk) -> None:
        self.desk = desk

    def page(self, template: str, request: Request, status: int = 200, /, **values: object) -> Response:
        shared = {
            "root": f"{request.scope['root_path']}/",
            "token": self.desk.token,
            "told": self.desk.told(request.query_params.get("told", "")),
            "person": self.desk.name,
            "error": None,
            "form": FilledForm(),
            "clicked": "",
        }
        return Response(draw_page(template, **(shared | values)), status, media_type="text/html")

    async def form(self, request: Request) -> FilledForm:
        """What a page of ours sent. Raise `NotServed` for every other."""
        form = FilledForm(fields_of(await body_of(request.receive, FORM_MOST)))
        self.refuse_foreign(form)
        return form

    def refuse_foreign(self, form: FilledForm) -> None:
        if not is_equal(form.get("token"), self.desk.token):
            raise NotServed(403, _("This form is from an earlier desk. Open the page anew."))

    def done(self, said: str, place: str = "") -> Response:
        """Back to the page on which the button is, which says what was done."""
        return RedirectResponse(f"./?{urlencode({'told': self.desk.tell(said)})}{place}", 303)


def status_of_error(error: DigestError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
