"""What of HTML, SVG and CSS may be drawn in a console: names by list, addresses by kind, CSS by what it holds."""

from __future__ import annotations

import re

_ELEMENT_NAMES = """
a abbr address area article aside audio b bdi bdo blockquote body br button canvas caption center cite code col colgroup
data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6
head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee menu meter nav ol
optgroup option output p picture pre progress q rp rt ruby s samp search section select slot small span strike strong
style sub summary sup table tbody td textarea tfoot th thead time title tr tt u ul var video wbr

svg g path rect circle ellipse line polyline polygon text tspan textpath defs symbol use image clippath mask pattern
lineargradient radialgradient stop marker filter desc feblend fecolormatrix fecomponenttransfer fecomposite
feconvolvematrix fediffuselighting fedisplacementmap fedropshadow feflood fefunca fefuncb fefuncg fefuncr fegaussianblur
femerge femergenode femorphology feoffset fespecularlighting fetile feturbulence fedistantlight fepointlight fespotlight
foreignobject
"""

_ATTRIBUTE_NAMES = """
class id name style _csstext rel href xlink:href src poster type value checked selected placeholder dir lang hidden
inert open width height colspan rowspan span align valign bgcolor border cellpadding cellspacing size rows cols multiple
contenteditable
disabled readonly required start reversed popover media color face nowrap wrap role part slot theme variant state
min max step low high optimum controls frameborder scrolling marginwidth marginheight
rr_scrollleft rr_scrolltop rr_width rr_height rr_open_mode

viewbox d x y x1 x2 y1 y2 cx cy r rx ry dx dy fx fy points transform preserveaspectratio pathlength fill fill-opacity
fill-rule clip-rule clip-path mask filter opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray
stroke-dashoffset stroke-miterlimit stroke-opacity vector-effect offset stop-color stop-opacity gradientunits
gradienttransform spreadmethod patternunits patterncontentunits patterntransform clippathunits maskunits markerwidth
markerheight marker-start marker-mid marker-end orient refx refy text-anchor dominant-baseline font-size font-weight in
in2 result stddeviation flood-color flood-opacity operator values mode k1 k2 k3 k4
"""

ELEMENTS = frozenset(_ELEMENT_NAMES.split())
ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())

_CUSTOM_ELEMENT = re.compile(r"[a-z][a-z0-9._]{0,40}(?:-[a-z0-9._]{0,40}){1,8}\Z")
_RESERVED = frozenset({"annotation-xml", "font-face", "missing-glyph", "color-profile"})
_OPEN_ATTRIBUTE = re.compile(r"(?:data|aria)-[a-z0-9_.-]{1,60}\Z")

_ADDRESS = re.compile(r"(?:https?://[^\x00-\x20\"'<>\\]*|#[\w.-]*)\Z", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]*\Z")

_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_ADDRESS = re.compile(
    r"url\s*\(\s*[\"']?\s*(?!https?://|#|data:(?:image|font|application/(?:x-)?font)|[\"')])", re.IGNORECASE
)
_CSS_HARM = re.compile(
    r"@import|@charset|expression\s*\(|(?<![\w-])behavior\s*:|-moz-binding|javascript:|vbscript:|</style",
    re.IGNORECASE,
)
_CSS_REMOVABLE = re.compile(
    r"@(?:import|charset)\s+(?:url\([^()\"';{}]*\)|url\(\s*\"[^\"\\]*\"\s*\)|\"[^\"\\]*\"|'[^'\\]*')[^;{}\"']*;"
    r"|(?<![\w-])(?:behavior|-moz-binding)\s*:[^;{}\"']*",
    re.IGNORECASE,
)
_CSS_PLAIN_ADDRESS = re.compile(r"url\(\s*(\"[^\"\\]*\"|'[^'\\]*'|[^()\"'\\\s]*)\s*\)", re.IGNORECASE)

_CSS_HARM_WORDS = (
    *("@import", "@charset", "expression", "behavior", "-moz-binding"),
    *("javascript:", "vbscript:", "</style"),
)
"""One of these stands wherever `_CSS_HARM` finds something."""


def is_element(tag: str) -> bool:
    """Whether an element of this name may be drawn: those of HTML and SVG that run nothing, and custom ones."""
    name = tag.lower()
    return name in ELEMENTS or (_CUSTOM_ELEMENT.match(name) is not None and name not in _RESERVED)


def is_attribute(name: str) -> bool:
    """Whether an attribute of this name, in lower case, may be drawn: none that runs, navigates or loads a document."""
    return name in ATTRIBUTES or _OPEN_ATTRIBUTE.match(name) is not None


def is_address(value: str, *, picture: bool) -> bool:
    """Whether what stands in href, src or poster is http, https or a place in the page, or a `picture` written out."""
    return _ADDRESS.match(value) is not None or (picture and _PICTURE.match(value) is not None)


def is_harmful(css: str) -> bool:
    """Whether a style sheet could run or load what it should not, however that is escaped."""
    if (
        css.isascii() and "\\" not in css and "/*" not in css
    ):  # nothing can hide: plain words are found at once
        small = css.lower()
        if not any(word in small for word in _CSS_HARM_WORDS):
            return "url" in small and _CSS_ADDRESS.search(css) is not None
    if _CSS_HARM.search(css):
        return True
    plain = _CSS_ESCAPE.sub(_unescape, _CSS_COMMENT.sub("", css))
    return _CSS_HARM.search(plain) is not None or _CSS_ADDRESS.search(plain) is not None


def clean_css(css: str) -> str:
    """The style sheet without what is harmful in it; "" when that cannot be told apart from the rest.

    A shop's sheet with one line of old filters, or one that imports another, keeps all its other rules.
    """
    if not is_harmful(css):
        return css
    less = _CSS_PLAIN_ADDRESS.sub(_keep_address, _CSS_REMOVABLE.sub("", css))
    return "" if is_harmful(less) else less


def _keep_address(address: re.Match[str]) -> str:
    return 'url("")' if _CSS_ADDRESS.match(address[0]) else address[0]


def _unescape(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    point = int(escape[1], 16)
    return chr(point) if 0 < point < 0x110000 and not 0xD800 <= point < 0xE000 else ""
