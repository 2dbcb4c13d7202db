import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from digest.mail.compiling import styled


def test_named_tags_get_their_style_and_others_none() -> None:
    html = Markup('<p>a <a href="https://x.example">b</a> <abbr>c</abbr></p>')
    assert styled(html, a="color:red", p="margin:0") == (
        '<p style="margin:0">a <a style="color:red" href="https://x.example">b</a> <abbr>c</abbr></p>'
    )


@settings(deadline=None)
@given(st.text("<>a b='/\\&p\"", max_size=40))
def test_an_attributes_value_is_never_taken_for_a_tag(value: str) -> None:
    loose = value.replace("&", "&amp;").replace('"', "&quot;")  # some serialisers leave "<" as it is
    html = Markup(f'<p><a href="{loose}">x</a></p>')  # noqa: S704 – hostile on purpose
    tree = html5lib.parse(styled(html, a="color:red", p="margin:0", b="x"), namespaceHTMLElements=False)
    (link,) = tree.iter("a")
    assert link.attrib == {"style": "color:red", "href": value}
    assert "".join(tree.itertext()) == "x"
