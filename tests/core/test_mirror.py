"""The server's second look at a page's mirror: hostile batches lose what could harm, or are refused. SPEC mirror.4."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.markup import clean_css, is_element, is_harmful
from cobrowse.core.mirror import MAX_NODES, MAX_PAGE_BYTES, MirrorRefused, check


def element(tag: str, children: list[Any] | None = None, **attributes: object) -> dict[str, Any]:
    named = {
        name.replace("__", ":").replace("_", "-").strip("-"): value for name, value in attributes.items()
    }
    return {"type": 2, "id": 9, "tagName": tag, "attributes": named, "childNodes": children or []}


def text(value: str, **more: object) -> dict[str, Any]:
    return {"type": 3, "id": 10, "textContent": value, **more}


def snapshot(*nodes: dict[str, Any]) -> dict[str, Any]:
    document = {"type": 0, "id": 1, "childNodes": [element("html", [element("body", list(nodes))])]}
    return {"type": 2, "timestamp": 1, "data": {"node": document, "initialOffset": {"top": 0, "left": 0}}}


def change(source: int, **fields: object) -> dict[str, Any]:
    return {"type": 3, "timestamp": 1, "data": {"source": source, **fields}}


def mutation(**fields: object) -> dict[str, Any]:
    return change(0, **{"texts": [], "attributes": [], "removes": [], "adds": [], **fields})


def checked(*events: dict[str, Any]) -> str:
    batch = check(json.dumps(list(events)).encode(), deflated=False)
    return (zlib.decompress(batch.body, -15) if batch.deflated else batch.body).decode()


def test_equal1_a_selection_is_places_in_nodes_and_nothing_else() -> None:
    place = {"start": 3, "startOffset": 1, "end": 4, "endOffset": 6}
    kept = checked(change(14, ranges=[{**place, "text": "secret"}]))
    assert json.loads(kept)[0]["data"] == {"source": 14, "ranges": [place]}
    for wrong in ({**place, "end": "4"}, {**place, "endOffset": -1}, {"start": 3}):
        with pytest.raises(MirrorRefused):
            checked(change(14, ranges=[wrong]))


def test_mirror12_what_the_shoppers_device_has_is_digits_and_nothing_else() -> None:
    size = {"href": "", "width": 800, "height": 600}
    [kept] = json.loads(checked({"type": 4, "timestamp": 1, "data": {**size, "media": "10110000"}}))
    assert kept["data"] == {"width": 800, "height": 600, "media": "10110000"}
    assert json.loads(checked({"type": 4, "timestamp": 1, "data": size}))[0]["data"] == {
        "width": 800,
        "height": 600,
    }
    for wrong in ("dark", "1" * 33, 1):
        with pytest.raises(MirrorRefused):
            checked({"type": 4, "timestamp": 1, "data": {**size, "media": wrong}})


def test_mirror4_a_page_has_so_many_nodes_and_no_more() -> None:
    row = element("p", [{"type": 3, "id": 10, "textContent": "x"}] * 999)
    page = snapshot(*[row] * (MAX_NODES // 1000))
    with pytest.raises(MirrorRefused, match="nodes"):
        checked(page)
    with pytest.raises(MirrorRefused, match="nodes"):
        checked(mutation(adds=[{"parentId": 1, "nextId": None, "node": row}] * (MAX_NODES // 1000 + 1)))


@pytest.mark.parametrize(
    ("tag", "name", "value"),
    [
        ("img", "src", "data:image/svg+xml;base64,PHN2Zy8+"),
        ("img", "src", "data:text/html;base64,PGI+"),
        ("link", "rel", "preload"),
        ("link", "rel", "modulepreload"),
        ("link", "rel", "stylesheet prefetch"),
    ],
)
def test_mirror4_a_picture_that_is_a_document_and_a_link_to_anything_but_a_sheet_go(
    tag: str, name: str, value: str
) -> None:
    kept = checked(snapshot(element(tag, [], **{name: value})))
    assert f'"tagName":"{tag}"' in kept
    assert value not in kept


HARMFUL = """script SCRIPT frame object embed base meta noscript template portal annotation-xml animate set
applet frameset unknown math x:script"""


@pytest.mark.parametrize("tag", [*HARMFUL.split(), "a b", ""])
def test_mirror4_an_element_that_runs_loads_or_is_unknown_goes_with_all_in_it(tag: str) -> None:
    kept = checked(snapshot(element(tag, [text("inside")]), text("beside")))
    assert "inside" not in kept
    assert f'"tagName":"{tag}"' not in kept
    assert "beside" in kept


@pytest.mark.parametrize(
    "tag", ["div", "svg", "feGaussianBlur", "linearGradient", "product-card", "x-a.b_c-d"]
)
def test_mirror4_elements_that_only_show_stay(tag: str) -> None:
    assert is_element(tag)
    assert tag in checked(snapshot(element(tag)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("onclick", "alert(1)"),
        ("ONLOAD", "alert(1)"),
        ("href", "javascript:alert(1)"),
        ("href", " java\nscript:alert(1)"),
        ("xlink:href", "data:text/html,x"),
        ("src", "data:image/svg+xml,<svg onload=alert(1)>"),
        ("src", "vbscript:x"),
        ("poster", "blob:x"),
        ("srcdoc", "<script>alert(1)</script>"),
        ("action", "https://evil.example"),
        ("formaction", "https://evil.example"),
        ("http-equiv", "refresh"),
        ("ping", "https://evil.example"),
        ("autofocus", "alert"),
        ("style", "background: url(javascript:alert(1))"),
        ("style", "background: u\\72l(java\\73 cript:alert(1))"),
        ("style", "x: expression(alert(1))"),
        ("style", "behavior: url(https://evil.example/alert)"),
        ("_cssText", "@import 'https://evil.example/alert';"),
        ("_cssText", "@im\\70ort 'https://evil.example/alert';"),
        ("_cssText", "a{} </style><script>alert(1)</script>"),
        ("fill", "url(javascript:alert(1))"),
    ],
)
def test_mirror4_an_attribute_that_runs_or_navigates_goes(name: str, value: str) -> None:
    node = {**element("a"), "attributes": {name: value, "class": "kept"}}
    for kept in (
        checked(snapshot(node)),
        checked(mutation(adds=[{"parentId": 1, "nextId": None, "node": node}])),
        checked(mutation(attributes=[{"id": 9, "attributes": {name: value, "class": "kept"}}])),
    ):
        assert "kept" in kept
        assert "alert" not in kept
        assert "evil" not in kept
        assert "script" not in kept


def test_mirror4_style_sheets_that_load_code_go_wherever_they_come_from() -> None:
    harm = "a { background: url('javascript:alert(1)') }"
    kept = checked(
        snapshot(element("style", [text(harm, isStyle=True), text(harm), element("p", [text(harm)])])),
        mutation(
            texts=[{"id": 3, "value": harm}], attributes=[{"id": 3, "attributes": {"style": {"x": harm}}}]
        ),
        change(8, id=3, adds=[{"rule": harm, "index": [0, 1]}], replace=harm, replaceSync=harm),
        change(13, id=3, index=[0], set={"property": "background", "value": harm}),
        change(15, id=1, styleIds=[1], styles=[{"styleId": 1, "rules": [{"rule": harm}]}]),
    )
    assert "alert" not in kept
    assert clean_css("a { background: url(https://shop.example/a.png) }")


def test_mirror4_nested_documents_and_what_is_not_named_go() -> None:
    nested = {"type": 0, "id": 5, "childNodes": [element("p", [text("nested")])]}
    kept = checked(
        snapshot({**element("div", [nested, text("kept")]), "secret": 1, "isCustom": True, "rootId": 4}),
        mutation(adds=[{"parentId": 1, "nextId": None, "node": element("p", [nested])}], isAttachIframe=True),
    )
    assert "kept" in kept
    for word in ("nested", "secret", "isCustom", "rootId", "isAttachIframe"):
        assert word not in kept


def test_mirror4_a_frame_has_no_address_and_its_document_is_weighed_like_the_page() -> None:
    frame = element("iframe", [text("alert")], SRC="https://shop.example/alert", srcdoc="alert", name="alert")
    inner = {
        "type": 0,
        "id": 5,
        "childNodes": [element("html", [element("script", [text("alert")]), text("in")])],
    }
    kept = checked(
        snapshot({**frame, "attributes": {**frame["attributes"], "allow": "alert", "width": "300"}}),
        mutation(adds=[{"parentId": 9, "nextId": None, "node": inner}]),
    )
    assert "alert" not in kept
    assert '"width":"300"' in kept
    assert '"textContent":"in"' in kept


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a { scroll-behavior: smooth }", ".a { scroll-behavior: smooth }"),
        ("@import url(https://evil.example/x); .a { color: red }", " .a { color: red }"),
        ('@charset "utf-8"; .a { color: red }', " .a { color: red }"),
        (".a { behavior: url(x.htc); color: red }", ".a { ; color: red }"),
        (".a { background: url(blob:x); color: red }", '.a { background: url(""); color: red }'),
        (".a { background: url('file:///x') }", '.a { background: url("") }'),
        ("@imp@import 'x';ort 'https://evil.example';", ""),
        (".a { color: expression(alert(1)) }", ""),
        ("@im\\port 'https://evil.example';", ""),
    ],
)
def test_mirror4_one_harmful_line_does_not_cost_the_whole_sheet(css: str, kept: str) -> None:
    assert clean_css(css) == kept


@pytest.mark.parametrize(
    "events",
    [
        {},
        "x",
        [[]],
        [{"type": 5, "timestamp": 1, "data": {"tag": "x", "payload": {}}}],
        [{"type": 6, "timestamp": 1, "data": {}}],
        [change(9, id=1, type=0, commands=[])],
        [change(10, family="x", fontSource="x", buffer=False)],
        [change(99)],
        [change(3, id=1, x="1", y=2)],
        [change(3, id=1, x=1e300, y=2)],
        [change(3, id=-7, x=1, y=2)],
        [snapshot({"type": 5, "id": 2, "textContent": "comment"})],
        [snapshot({"type": 2, "id": 2})] * 0 + [{"type": 2, "timestamp": 1, "data": {"node": text("x")}}],
    ],
)
def test_mirror4_what_is_no_batch_is_refused(events: object) -> None:
    with pytest.raises(MirrorRefused) as refused:
        check(json.dumps(events).encode(), deflated=False)
    assert "x" not in str(refused.value).replace("expected", "")


def test_mirror4_a_bomb_a_stump_and_a_deep_page_are_refused() -> None:
    bomb = zlib.compressobj(9, wbits=-15)
    body = bomb.compress(b"[]" + b" " * MAX_PAGE_BYTES) + bomb.flush()
    deep = json.dumps([snapshot()])[:-2]
    for bad in (body, zlib.compress(b"[]" * 500, wbits=-15)[:-4], b"\xff\xff"):
        with pytest.raises(MirrorRefused):
            check(bad, deflated=True)
    nested = "[" * 100_000
    for text_ in (deep, nested, "", "nul"):
        with pytest.raises(MirrorRefused):
            check(text_.encode(), deflated=False)


css_parts = st.sampled_from(
    [
        *(
            "@import",
            "@charset",
            "expression",
            "(",
            "behavior",
            ":",
            "-moz-binding",
            "javascript:",
            "vbscript:",
            "</style",
        ),
        *(
            "url",
            "URL (",
            "'",
            "//x",
            "https://x",
            "#a",
            ")",
            "a{b:c}",
            " ",
            "\\",
            "\\72",
            "/*",
            "*/",
            "\u017f",
            "Expre",
            "ssion",
        ),
    ]
)


@given(st.lists(css_parts, max_size=8).map("".join))
def test_mirror4_css_is_weighed_the_same_where_nothing_hides_in_it(css: str) -> None:
    assert is_harmful(css) == is_harmful(css + "/**/"), "the comment sends it the long way"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 20) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "id", "tagName", "attributes", "childNodes", "source", "data", "node", "adds"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.lists(json_values, max_size=3))
def test_mirror4_whatever_comes_is_checked_or_refused(events: list[object]) -> None:
    body = json.dumps(events).encode()
    try:
        batch = check(body, deflated=False)
    except MirrorRefused:
        return
    again = check(batch.body, batch.deflated)
    assert again == batch, "what was checked passes as it is"


def test_mirror4_an_ordinary_page_passes_whole() -> None:
    batch = [
        {"type": 4, "timestamp": 1, "data": {"href": "", "width": 1440, "height": 900}},
        snapshot(
            element("h1", [text("Fairelane")]),
            element("img", src="https://shop.example/a.png", width="800"),
            element("img", src="data:image/webp;base64,AAAA"),
            element("style", [], _cssText="a{color:red}"),
            {**element("my-card"), "isShadowHost": True},
        ),
        mutation(texts=[{"id": 3, "value": "£130"}], removes=[{"parentId": 1, "id": 2}]),
        change(1, positions=[{"x": 1, "y": 2, "id": 3, "timeOffset": -20}]),
        change(2, type=2, id=3, x=1, y=2),
        change(3, id=1, x=0, y=100),
        change(5, id=3, text="••••••", isChecked=False),
    ]
    body = check(json.dumps(batch).encode(), deflated=False)
    assert body.is_snapshot
    assert body.deflated
    kept = json.loads(zlib.decompress(body.body, -15))
    assert [event["type"] for event in kept] == [4, 2, 3, 3, 3, 3, 3]
    assert kept[1]["data"]["node"]["childNodes"][0]["childNodes"][0]["childNodes"][1]["attributes"] == {
        "src": "https://shop.example/a.png",
        "width": "800",
    }


@pytest.mark.parametrize(
    "data", [{"elements": 2**40, "hash": 1}, {"elements": 1, "hash": "1"}, {"said": 1}, {"elements": 1.5}]
)
def test_equal2_a_checksum_is_numbers_and_nothing_else(data: dict[str, object]) -> None:
    good = {"type": 5, "timestamp": 0, "data": {"elements": 3, "hash": -5}}
    assert json.loads(check(json.dumps([good]).encode(), False).body) == [good | {"timestamp": 0.0}]
    with pytest.raises(MirrorRefused):
        check(json.dumps([good | {"data": data}]).encode(), False)
