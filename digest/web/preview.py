"""The preview: one page that shows one edition, the mails as they will go and where every story went."""

from digest.web.templating import draw_page, script_source
from digest.web.views import EditionView, VariantView

# A link in a mail opens beside the page. It stands after the mail's end, so that the mail itself is shown as it is.
NEW_TAB = '<base target="_blank">'

# Scripts, forms and leaving the frame stay forbidden. The same origin lets the page – never the mail, which runs
# nothing – measure the mail's height and keep the reader's place; links that were opened are free of the sandbox.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"

# What a mail may do: its own style, and images that do not give the network away in clear text.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'"

SCRIPT = "preview.js"


def preview_page(view: EditionView, *, live: bool, watched: bool = True, version: str = "") -> str:
    """One HTML page. With `live` it fetches each variant from `/variant/<n>.html` and `.json` and asks `/changes` for a
    later version than `version`, which comes when inputs are `watched`; without, all mails are inside and only the
    chosen one is drawn.
    """
    return draw_page(
        "preview.html",
        view=view,
        live=live,
        watched=watched,
        version=version,
        policy=page_policy(live=live),
        sandbox=SANDBOX,
        script=SCRIPT,
        opening=framed(view.variants[0]) if view.variants else "",
        mails=[] if live else [variant_data(variant, whole=True) for variant in view.variants],
    )


def page_policy(*, live: bool) -> str:
    """The page's content security policy. Mails in `srcdoc` frames inherit it, so it also allows what mails need."""
    connect = "connect-src 'self'; " if live else ""
    return f"{MAIL_POLICY}; script-src {script_source(SCRIPT)}; {connect}frame-src 'self' about:"


def variant_data(variant: VariantView, *, whole: bool) -> dict[str, object]:
    """What the page's script needs to show the variant; with `whole` also the mail itself."""
    data: dict[str, object] = {"text": variant.text, "headers": variant.headers}
    if whole:
        data["html"] = framed(variant)
    return data


def framed(variant: VariantView) -> str:
    """The document inside the frame."""
    return variant.html + NEW_TAB
