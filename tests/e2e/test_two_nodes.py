"""The main job once more, on two nodes with Redis and PostgreSQL: the shopper at one node, the CSA at the other.

The tests that are imported here are those of one node; only the world is another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.cluster_world import ClusterWorld
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import test_mirror6_it_goes_on_over_pages_and_tabs_and_reconnects  # noqa: F401
from tests.e2e.test_scenario import (  # noqa: F401 - they run here too
    test_an_idle_basket_gets_one_offer_and_a_taken_one_opens_a_chat,
    test_both_change_one_line_at_once_and_offline,
    test_chat_typing_and_messages_written_offline,
    test_the_cart_is_the_same_on_both_sides,
)


@pytest.fixture(scope="module")
def long_world(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterWorld]:
    world = ClusterWorld(tmp_path_factory.mktemp("world"), playwright_)
    yield world
    world.close()


def test_node3_nodes_are_killed_in_the_middle(csa: Csa, shopper: Shopper) -> None:
    """Both come by the load balancer; whichever node has them, each is killed once."""
    world = shopper.world
    assert isinstance(world, ClusterWorld)
    for person in (csa.person, shopper.person):
        person.line.lead_to(world.balancer)
    csa.page.reload()
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    shopper.say("Before the crash")
    csa.open("Waiting", "Before the crash")
    csa.say("I see you.")
    expect(shopper.panel).to_contain_text("I see you.")
    for number in (1, 2):
        killed = world.kill_node(number)
        shopper.show("Chat")
        shopper.say(f"During crash {number}")
        shopper.show("Basket")
        shopper.line("Fairelane").get_by_label(re.compile("^One more")).click()
        expect(csa.talk).to_contain_text(f"During crash {number}", timeout=40_000)
        csa.expect_quantity("Fairelane", number + 1)
        world.wait_for_successor(number, killed)
    for said in ("Before the crash", "During crash 1", "During crash 2"):
        expect(csa.talk.get_by_text(said, exact=True)).to_have_count(1)
    shopper.expect_shop_cart({"fairelane/cherry": 3})
