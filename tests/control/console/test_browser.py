"""The page in Chromium, over the real program: live numbers, the keyboard, undo, and forms without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenflow.control import channel
from tests.browser import Browser, chromium
from tests.control.console.test_serving import is_there
from tests.control.processes import Served, until
from tests.peers import require_peer
from tests.soak.nodes import Node

pytestmark = pytest.mark.once

PAGE = """LogLevel notice
<Proxy balancer://wiki>
{members}
ProxySet growth=2
</Proxy>
ProxyPass /app balancer://wiki/
<Location /manager>
SetHandler balancer-manager
</Location>
"""


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    made = [Node("n1"), Node("n2")]
    for one in made:
        one.start()
    yield made
    for one in made:
        if one.listening is not None:
            one.kill()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium(require_peer("chromium"), tmp_path) as one:
        yield one


@pytest.fixture
def server(serve: Callable[..., Served], nodes: list[Node]) -> Served:
    members = "\n".join(
        f"BalancerMember http://127.0.0.1:{one.port} route=n{place}" for place, one in enumerate(nodes, 1)
    )
    return serve(PAGE.format(members=members), "--children", "1").ready()


def url(server: Served, query: str = "") -> str:
    return f"http://127.0.0.1:{server.port}/manager{query}"


def open_page(browser: Browser, server: Served, query: str = "") -> None:
    """Once the watchdog is there: until then a child answers as httpd does, with a page that names no icon."""
    until(lambda: is_there(server))
    browser.open(url(server, query))
    # What has just been loaded may have been the page before.
    browser.until(f"location.search === '{query}' && !!document.querySelector('main')")


def states(server: Served) -> list[str]:
    answer = channel.ask(channel.place(str(server.file)), {"do": "members"})
    return [one["state"] for balancer in answer["balancers"] for one in balancer["members"]]


def word(member: str) -> str:
    return f"document.querySelector('#{member} [data-cell=word]').textContent"


def test_it_loads_without_a_complaint_and_tells_what_happens(server: Served, browser: Browser) -> None:
    open_page(browser, server)
    browser.until("document.querySelector('#live').dataset.is === 'live'")
    before = browser.text("#m0 [data-cell=elected], #m0 [data-cell=from]")
    assert before == "0 B"
    for _ in range(20):
        assert server.get("/app")[0] == 200
    browser.until("document.querySelector('#m0 [data-cell=from]').textContent !== '0 B'")
    # Somebody else drains a member: the page says so by itself.
    channel.ask(channel.place(str(server.file)), {"do": "drain", "balancer": "wiki", "member": "n2"})
    browser.until(word("m1") + ".startsWith('drain')")
    browser.until("document.querySelector('#changes').textContent.includes('evenflow drain')")
    assert browser.complaints == []
    asked = {address for address, _ in browser.answers}
    assert all(one.startswith(url(server)) for one in asked), asked
    assert {status for _, status in browser.answers} == {200}


def test_the_keyboard_drains_and_undo_takes_it_back(server: Served, browser: Browser) -> None:
    open_page(browser, server)
    browser.press("j")
    assert browser.ask("document.activeElement.id") == "m0"
    browser.press("j")
    browser.press("k")
    browser.press("d")
    browser.until(lambda: states(server)[0] == "draining")
    browser.until(word("m0") + ".startsWith('drain')")
    # The buttons follow the state, and the focus stays on the row.
    browser.until("document.querySelector('#m0 button[value=drain]').hidden")
    assert browser.ask("document.activeElement.id") == "m0"
    browser.until("document.querySelector('#said button')?.textContent === 'Undo'")
    browser.ask("document.querySelector('#said button').click()")
    browser.until(lambda: states(server)[0] == "serving")
    browser.until("document.querySelector('#changes').textContent.includes('taken back')")
    assert browser.complaints == []


def test_it_is_dark_where_the_reader_likes_it_so(server: Served, browser: Browser) -> None:
    grounds = []
    for dark in (False, True):
        browser.dark(dark)
        open_page(browser, server)
        said = browser.ask("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(one) for one in said.removeprefix("rgb(").removesuffix(")").split(",")))
    assert grounds[0] > 600 and grounds[1] < 150


def test_all_that_can_be_done_has_a_name(server: Served, browser: Browser) -> None:
    """What a screen reader would call each button, link and field that is shown; two of them never alike in one row."""
    for query in ("", "?show=member&b=b0&m=m0", "?show=balancer&b=b0"):
        open_page(browser, server, query)
        tree = browser.do("Accessibility.getFullAXTree")["nodes"]
        roles = ("button", "link", "textbox", "searchbox", "checkbox", "spinbutton", "combobox")
        found = [one for one in tree if not one["ignored"] and one["role"]["value"] in roles]
        names = [one.get("name", {}).get("value", "").strip() for one in found]
        assert len(names) > 5 and all(names), names
    open_page(browser, server)
    names = browser.ask("[...document.querySelectorAll('form.does button')].map((one) => one.ariaLabel)")
    assert len(names) == 6 and len(set(names)) == 6


def test_what_may_hurt_is_asked_in_a_dialog(server: Served, browser: Browser) -> None:
    open_page(browser, server)
    browser.press("j")
    browser.press("x")
    browser.until("document.querySelector('#sure').open")
    assert "will get nothing more" in browser.text("#sure-text")
    browser.press("Escape")
    browser.until("!document.querySelector('#sure').open")
    assert states(server) == ["serving", "serving"]
    browser.press("x")
    browser.until("document.querySelector('#sure').open")
    browser.press("Tab")
    browser.press("Enter")
    browser.until(lambda: states(server)[0] == "disabled")
    assert browser.complaints == []


def test_the_filter_leaves_what_is_looked_for(server: Served, browser: Browser, nodes: list[Node]) -> None:
    open_page(browser, server)
    browser.press("/")
    assert browser.ask("document.activeElement.id") == "filter"
    for key in str(nodes[1].port):
        browser.press(key)
    browser.until("document.querySelector('#m0').hidden && !document.querySelector('#m1').hidden")
    assert browser.text("#found") == "1 of 2 members"
    browser.press("Escape")
    browser.until("!document.querySelector('#m0').hidden")
    browser.ask("document.querySelector('#urgent').click()")
    browser.until("document.querySelector('#b0').hidden")
    assert browser.text("#found") == "0 of 2 members"


def test_a_member_that_is_added_appears_and_one_that_is_removed_is_gone(server: Served, browser: Browser) -> None:
    open_page(browser, server, "?show=balancer&b=b0")
    browser.ask("document.querySelector('#url').value = 'http://127.0.0.9:8090'")
    browser.ask("document.querySelector('button[value=add]').click()")
    browser.until("document.querySelector('.notices')?.textContent.includes('added, disabled at first')")
    open_page(browser, server)
    assert "http://127.0.0.9:8090" in browser.text("#balancers") and states(server)[2] == "disabled"
    browser.ask("[...document.querySelectorAll('a.name')].find((one) => one.textContent.includes('127.0.0.9')).click()")
    browser.until("document.querySelector('button[value=remove]') !== null")
    browser.ask("document.querySelector('button[value=remove]').click()")
    browser.until("document.querySelector('.notices')?.textContent.includes('is removed when nobody uses it any more')")
    # The page that is open loses it while one looks.
    open_page(browser, server)
    browser.until("!document.querySelector('#balancers').textContent.includes('127.0.0.9')")
    browser.until("document.querySelector('#changes').textContent.includes('removed: nobody uses it any more')")
    assert len(states(server)) == 2
    assert browser.complaints == []


def test_without_scripts_plain_forms_do_it(server: Served, browser: Browser) -> None:
    browser.scripts(False)
    open_page(browser, server)

    # The test itself may still look and click; nothing of the page's own runs.
    def click(selector: str) -> None:
        before = browser.loads
        browser.ask(f"document.querySelector(\"{selector}\").click()")
        browser.until(lambda: browser.loads > before)

    assert browser.ask("document.documentElement.className") == ""
    click("#m0 button[value=drain]")
    assert states(server)[0] == "draining"
    assert "drains" in browser.text(".notices")
    click(".notices button[value=undo]")
    assert states(server)[0] == "serving"
    click("#m0 button[value=disable]")
    assert browser.text("h1") == "Are you sure?" and states(server)[0] == "serving"
    click("button.danger")
    assert states(server)[0] == "disabled"
    assert browser.complaints == []


def test_a_page_of_another_site_cannot_change_anything(server: Served, browser: Browser) -> None:
    """It knows the nonce and everything; the browser says where the form comes from, and that is enough."""
    open_page(browser, server)
    form = browser.ask("document.querySelector('#m0 form').outerHTML")
    action = url(server, "?show=change")
    # `localhost` is another site than 127.0.0.1, served by the same program.
    other = f"http://localhost:{server.port}/robots.txt"
    browser.open(other)
    before = browser.loads
    browser.ask(
        f"document.body.innerHTML = {form!r}; const form = document.querySelector('form'); form.action = {action!r};"
        "form.requestSubmit(form.querySelector('button[value=drain]'))"
    )
    browser.until(lambda: browser.loads > before)
    assert "comes from another site" in browser.text("main")
    assert states(server) == ["serving", "serving"]
