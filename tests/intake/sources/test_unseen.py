"""What a style keeps out of sight, by each way in which CSS can do it, and what comes close and is seen."""

import pytest

from digest.intake.sources.unseen import Ink, StyleRules, ink_in, is_hidden, is_of_hiding_class

OFF = "-500px"
HIDING = [
    *("display:none", "DISPLAY : /* x */ NONE !important", "visibility:hidden", "visibility:collapse"),
    *("content-visibility:hidden", "mso-hide:all", "color:transparent"),
    *("opacity:0", "opacity:.09", "opacity:9%", "filter:opacity(0)", "filter:opacity(5%)"),
    *("font-size:0", "font-size:1px", "font-size:.06em", "font-size:6%", "font:0/0 a", "font-size:.01in"),
    *("font-size:.02cm", "font-size:.2mm", "font-size:.05pc", "font-size:.7pt", "font-size:.1vw", "font-size:.1vh"),
    *("max-height:0", "max-height:-1px", "overflow:hidden;max-height:1px", "overflow:hidden;height:1px"),
    *("overflow:hidden;width:0", "overflow:clip;max-width:0", "overflow:hidden auto;height:0"),
    *(f"text-indent:{OFF}", "text-indent:-40em", "text-indent:-9999px!important", "text-indent:-100vw"),
    *("transform:scale(0)", "transform:scaleX(0.0)", "transform:scale3d(0, 1, 1)", "transform:translateX(-999px)"),
    *("clip:rect(0 0 0 0)", "clip:rect(1px, 1px, 1px, 1px)", "clip-path:inset(50%)", "clip-path:inset(100%)"),
    *("clip-path:circle(0)", "clip-path:polygon(0 0, 0 0)"),
    *(f"position:{how};{side}:{OFF}" for how in ("absolute", "fixed") for side in ("left", "right", "top", "bottom")),
    *(f"margin-left:{OFF}", f"margin-top:{OFF}", f"position:absolute;margin-right:{OFF}"),
]
SHOWING = [
    *("", "display:block", "visibility:visible", "content-visibility:auto", "mso-hide:none", "color:red"),
    *("opacity:.1", "opacity:10%", "opacity:1", "filter:opacity(50%)", "filter:blur(2px)"),
    *("font-size:2px", "font-size:1em", "font-size:100%", "font:12px/1 a", "font-size:small"),
    *("height:0", "width:0", "max-width:0", "max-height:1px", "overflow:hidden", "overflow:hidden;height:2px"),
    *(
        "overflow:visible;height:0",
        "text-indent:-499px",
        "text-indent:2em",
        "left:-9999px",
        "position:relative;top:-9em",
    ),
    *("transform:scale(0.5)", "transform:translateX(-99px)", "transform:rotate(3deg)", "clip-path:inset(10%)"),
    *(
        "clip:auto",
        "clip-path:circle(50%)",
        "position:absolute;left:-499px",
        "margin-left:-499px",
        "margin-right:-999px",
    ),
]


@pytest.mark.parametrize("style", HIDING)
def test_css_hides_an_element_in_many_ways(style):
    assert is_hidden("span", {"style": style})


@pytest.mark.parametrize("style", SHOWING)
def test_what_comes_close_to_hiding_is_seen(style):
    assert not is_hidden("span", {"style": style})


@pytest.mark.parametrize(
    ("tag", "attributes", "hidden"),
    [
        ("p", {"hidden": ""}, True),
        ("p", {"hidden": "until-found"}, True),
        ("div", {"popover": ""}, True),
        ("dialog", {}, True),
        ("dialog", {"open": ""}, False),
        ("p", {"open": ""}, False),
        ("p", {"class": "hidden"}, False),
    ],
)
def test_an_attribute_hides_and_a_dialog_is_hidden_until_it_is_open(tag, attributes, hidden):
    assert is_hidden(tag, attributes) is hidden


@pytest.mark.parametrize(
    "name",
    [
        "hidden",
        "hide",
        "is-hidden",
        "d-none",
        "display-none",
        "u-hidden",
        "invisible",
        "oculto",
        "content-hidden",
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "screen-reader-text",
        "screen-reader-only",
    ],
)
def test_the_usual_names_of_classes_hide(name):
    assert is_of_hiding_class({"class": f"x {name.title()}"})
    assert not is_of_hiding_class({"class": f"x{name} {name}x"})
    assert not is_of_hiding_class({})


DARK = Ink(ground=(0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("attributes", "around", "unseen"),
    [
        ({}, Ink(), False),
        ({"style": "color:#fff"}, Ink(), True),
        ({"color": "white"}, Ink(), True),
        ({"style": "color:rgb(232,232,232)"}, Ink(), True),
        ({"style": "color:rgb(255,255,228)"}, Ink(), False),
        ({"style": "color:rgb(228,255,255)"}, Ink(), False),
        ({"style": "color:#fff"}, DARK, False),
        ({"style": "color:#000"}, DARK, True),
        ({"style": "color:#0000"}, Ink(), True),
        ({"style": "color:rgba(0,0,0,.09)"}, Ink(), True),
        ({"style": "color:rgba(0,0,0,.1)"}, Ink(), False),
        ({"style": "color:currentColor"}, Ink(), False),
        ({"style": "color:no-colour"}, Ink(letters=(1.0, 1.0, 1.0)), True),
        ({"style": "background:navy;color:#000080"}, Ink(), True),
        ({"style": "background:navy;color:#fff"}, Ink(), False),
        ({"style": "background-color:navy;background:white;color:#fff"}, Ink(), False),
        ({"bgcolor": "black", "style": "color:#fff"}, Ink(), False),
        ({"bgcolor": "black", "style": "color:#000"}, Ink(), True),
        ({"style": "background:no-repeat navy;color:#000080"}, Ink(), True),
        ({"style": "background:rgba(0,0,0,.05);color:#fff"}, Ink(), True),
        ({"style": "background:rgba(0,0,0,.1);color:#fff"}, Ink(), False),
        ({"style": "background:hsl(0,0%,0%);color:#000"}, Ink(), True),
        ({"style": "background:url(x.png);color:#fff"}, Ink(), False),
        ({"style": "background:linear-gradient(#fff,#fff);color:#fff"}, Ink(), False),
        ({"style": "background:inherit;color:#fff"}, Ink(), False),
        ({"style": "background-image:none;color:#fff"}, DARK, False),
        ({"style": "background-image:none;color:#000"}, DARK, True),
        ({"style": "background-image:url(x.png);color:#fff"}, Ink(), True),
    ],
)
def test_letters_in_the_colour_of_their_ground_are_unseen(attributes, around, unseen):
    assert ink_in(attributes, around).is_unseen is unseen


def test_a_picture_behind_letters_is_no_colour_and_what_is_inside_keeps_it():
    on_a_picture = ink_in({"style": "background:url(x.png)"}, Ink())
    assert on_a_picture == Ink(ground=None)
    assert ink_in({"style": "color:#fff"}, on_a_picture) == Ink(letters=(1.0, 1.0, 1.0), ground=None)


CSS = """
/* c */ .gone, b#m { display: none } I.x.y { color: red } @media print { .late { display: none } }
p .inside, a:hover, a > b { display: none } * { margin: 0 }
"""


@pytest.mark.parametrize(
    ("tag", "attributes", "style"),
    [
        ("i", {"class": "a gone"}, "display: none"),
        ("b", {"id": "m"}, "display: none"),
        ("i", {"id": "m"}, None),
        ("b", {"class": "m"}, None),
        ("i", {"class": "y x"}, "color: red"),
        ("i", {"class": "x"}, None),
        ("b", {"class": "x y"}, None),
        ("p", {"class": "late inside"}, None),
        ("a", {}, None),
        ("i", {"class": "gone x y", "style": "color:blue"}, "display: none;color: red;color:blue"),
    ],
)
def test_a_sheet_speaks_of_elements_classes_and_ids_alone(tag, attributes, style):
    applied = StyleRules([CSS]).applied(tag, attributes)
    said = ";".join(part.strip() for part in applied.get("style", "").split(";") if part.strip())
    assert said == ("" if style is None else style)
    assert {**applied, "style": ""} == {**attributes, "style": ""}


def test_without_a_sheet_nothing_is_said():
    attributes = {"class": "gone"}
    assert StyleRules([]).applied("i", attributes) is attributes
