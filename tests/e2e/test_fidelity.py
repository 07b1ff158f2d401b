"""The mirror equals the page: node by node, each in its place, size and state, and pixel by pixel. SPEC equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fidelity import FEATURES, MIRROR, Sharing


@pytest.mark.parametrize("page", FEATURES)
def test_equal1_the_mirror_equals_the_page_before_and_after_it_changes(
    sharing: Sharing, page: str, tmp_path: Path
) -> None:
    sharing.show(page)
    sharing.expect_equal(tmp_path)
    if "?" not in page:
        sharing.shopper.page.evaluate("change()")
        sharing.expect_equal(tmp_path)


INJECT = r"""async () => {
  window.ran = 0;
  const frames = [...PAGE.querySelectorAll('iframe')];
  for (const { contentDocument: page } of frames) {
    page.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="top.ran=1"><svg onload="top.ran=1"></svg>' +
      '<a id="away" href="javascript:top.ran=1">x</a><iframe srcdoc="<script>top.ran=1<\/script>"></iframe>');
    const script = page.createElement('script');
    script.textContent = 'top.ran=1';
    page.body.append(script);
    page.getElementById('away').click();
  }
  for (const frame of frames) frame.src = 'javascript:top.ran=1';
  for (const frame of frames) frame.src = '/console/';
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)));
  const gone = frames.filter((frame) => frame.contentDocument?.querySelector("script[src]"));
  return [window.ran, frames.length, gone.length];
}"""


def test_mirror6_a_frame_in_the_page_runs_no_script_and_goes_nowhere(sharing: Sharing) -> None:
    sharing.show("parts.html")
    sharing.expect_equal()
    ran, frames, gone = sharing.csa.page.evaluate(INJECT.replace("PAGE", MIRROR))
    assert frames == 2
    assert (ran, gone) == (0, 0)


def test_mirror12_the_page_is_as_the_shopper_has_it_not_as_the_csa_would(
    sharing: Sharing, tmp_path: Path
) -> None:
    """Each has the other's colours and motion; then the shopper's evening begins, while the page is shared."""
    shopper, csa = sharing.shopper.page, sharing.csa.page
    try:
        csa.emulate_media(color_scheme="dark", reduced_motion="reduce")
        sharing.show("media.html")
        sharing.expect_equal(tmp_path)
        shopper.emulate_media(color_scheme="dark", reduced_motion="reduce")
        csa.emulate_media(color_scheme="light", reduced_motion="no-preference")
        assert shopper.locator(".still").is_visible()
        sharing.expect_equal(tmp_path)
    finally:
        for page in (shopper, csa):
            page.emulate_media(color_scheme="null", reduced_motion="null")
