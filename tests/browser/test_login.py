"""F15, as a person sees it: the page in a browser, by mouse and by keyboard, and the way back to the application. Screenshots go
into build/browser."""
import base64
import pathlib
import urllib.parse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from conftest import PATIENCE, events, requests

SCREENS = pathlib.Path(__file__).resolve().parents[2] / "build" / "browser"
SCOPES = "ZohoCRM.mass_update.ALL,ZohoCRM.users.READ,ZohoCRM.settings.custom_views.READ"
CITY = {"data": [{"City": "Volos"}], "ids": ["554023000000600001"]}


def address(server, application, **change):
    parameters = {"response_type": "code", "client_id": "1000.CRMOCK", "scope": SCOPES, "redirect_uri": application.callback, "access_type": "offline", "prompt": "consent",
                  "state": "a b&c"} | change
    return f"{server.url}/oauth/v2/auth?{urllib.parse.urlencode(parameters)}"


def button(browser, text):
    return browser.find_element(By.XPATH, f"//button[.='{text}']")


def choose(browser, name):
    """As people do: by what is written beside the button."""
    browser.find_element(By.XPATH, f"//label[contains(., '{name}')]").click()


def come_back(browser, application):
    """Waits for the application's page; what it was told, and by whom."""
    WebDriverWait(browser, PATIENCE).until(lambda driver: driver.title == "The application")
    [(path, parameters, referer)] = application.seen
    assert path == "/callback" and parameters.pop("tab") == "1" and referer is None
    return parameters


def exchange(server, application, code):
    query = urllib.parse.urlencode({"client_id": "1000.CRMOCK", "client_secret": "crmock-secret", "grant_type": "authorization_code", "code": code,
                                    "redirect_uri": application.callback})
    return server.request("POST", "/oauth/v2/token?" + query, token=None).body


def check_tokens(server, application, parameters, offline, email):
    assert {name: value for name, value in parameters.items() if name != "code"} == {"location": "us", "accounts-server": server.url, "state": "a b&c"}
    tokens = exchange(server, application, parameters["code"])
    assert ("refresh_token" in tokens) == offline and tokens["scope"] == SCOPES.replace(",", " ")
    assert server.request("GET", "/crm/v8/users?type=CurrentUser", token=tokens["access_token"]).body["users"][0]["email"] == email
    return tokens["access_token"]


@pytest.mark.parametrize("access_type", ["offline", "online"])
def test_accept(browser, start, application, access_type):
    server = start()
    browser.get(address(server, application, access_type=access_type))
    assert browser.title == "Grant access - crmock"
    button(browser, "Accept").click()
    token = check_tokens(server, application, come_back(browser, application), access_type == "offline", "patricia.boyle@zylker.example")
    assert server.update("Leads", CITY, token=token).status == 200


def test_another_user_is_chosen(browser, start, application):
    server = start()
    browser.get(address(server, application))
    choose(browser, "olive@free.example")
    button(browser, "Accept").click()
    check_tokens(server, application, come_back(browser, application), True, "olive@free.example")


def test_reject(browser, start, application):
    server = start()
    browser.get(address(server, application))
    button(browser, "Reject").click()
    assert come_back(browser, application) == {"error": "access_denied", "state": "a b&c"}


@pytest.mark.parametrize("access_type", ["offline", "online"])
def test_auto_consent(browser, start, application, access_type):
    server = start("--auto-consent", "sam.standard@zylker.example")
    browser.get(address(server, application, access_type=access_type))
    check_tokens(server, application, come_back(browser, application), access_type == "offline", "sam.standard@zylker.example")


def focused(browser):
    return browser.switch_to.active_element


def press(browser, *keys):
    for key in keys:
        focused(browser).send_keys(key)


def test_by_keyboard(browser, start, application):
    """Tab comes to the users, arrows choose one, across orgs too; then to Accept and to Reject."""
    server = start()
    browser.get(address(server, application))
    press(browser, Keys.TAB)
    assert focused(browser).get_attribute("name") == "user" and focused(browser).is_selected()
    press(browser, Keys.ARROW_UP)
    assert focused(browser).is_selected() and focused(browser).find_element(By.XPATH, "..").text.startswith("Olive Owner")
    press(browser, Keys.TAB)
    assert focused(browser).text == "Accept"
    press(browser, Keys.TAB)
    assert focused(browser).text == "Reject"
    browser.switch_to.active_element.send_keys(Keys.SHIFT + Keys.TAB)
    press(browser, Keys.ENTER)
    check_tokens(server, application, come_back(browser, application), True, "olive@professional.example")


def tree(browser):
    """Roles and names, as a screen reader has them."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(node["role"]["value"], node["name"]["value"]) for node in nodes if not node["ignored"] and "name" in node]


def test_what_a_screen_reader_has(browser, start, application):
    server = start()
    browser.get(address(server, application))
    told = tree(browser)
    assert ("RootWebArea", "Grant access - crmock") in told and ("heading", "Let 1000.CRMOCK use the CRM?") in told and ("list", "It asks for") in told
    assert [name for role, name in told if role == "group"] == [f"Log in as a user of {org}" for org in ("Zylker", "Corner Shop", "Small Works")]
    radios = [name for role, name in told if role == "radio"]
    assert len(radios) == len(set(radios)) == 10 and all("@" in name for name in radios) and radios[0].startswith("Patricia Boyle patricia.boyle@zylker.example")
    assert [name for role, name in told if role == "button"] == ["Accept", "Reject"]
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


def test_the_page_asks_for_nothing_and_runs_nothing(browser, start, application):
    server = start()
    browser.get("about:blank")
    events(browser)
    browser.get_log("browser")
    page = address(server, application)
    browser.get(page)
    browser.get(page.replace("CRMOCK", "NOBODY"))
    seen = events(browser)
    asked = [event["params"]["request"]["url"] for event in seen if event["method"] == "Network.requestWillBeSent"]
    assert asked == [page, page.replace("CRMOCK", "NOBODY")]
    assert [entry for entry in browser.get_log("browser") if "400 (Bad Request)" not in entry["message"]] == []  # nor was anything kept from it
    assert browser.find_elements(By.CSS_SELECTOR, "script, img, link, iframe, [onclick], [style]") == []
    assert browser.find_element(By.TAG_NAME, "main").value_of_css_property("max-width") == "576px"  # its own style holds


def test_a_page_is_shown_in_no_other(browser, start, application, tmp_path):
    server = start()
    (tmp_path / "frame.html").write_text(f'<iframe src="{address(server, application).replace("&", "&amp;")}"></iframe>')
    browser.get(f"file://{tmp_path}/frame.html")
    browser.switch_to.frame(0)
    assert browser.find_elements(By.TAG_NAME, "form") == []
    browser.switch_to.default_content()


def test_what_is_wrong_is_told(browser, start, application):
    server = start()
    browser.get(address(server, application, redirect_uri="https://app.example/"))
    assert browser.title == "This login cannot go on - crmock" and "invalid_redirect_uri" in browser.find_element(By.TAG_NAME, "main").text
    assert application.seen == [] and browser.current_url.startswith(server.url) and not [url for url in requests(browser) if "app.example/" == url]


def luminance(color):
    parts = [int(part) / 255 for part in color[color.index("(") + 1:-1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(element, background):
    bright, dark = sorted((luminance(element.value_of_css_property("color")), luminance(background)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("kind, change", [("consent", {}), ("error", {"client_id": "1000.NOBODY" * 20})])
def test_how_it_looks(browser, start, application, scheme, width, kind, change):
    """Texts stand out from what is behind them (WCAG AA), and a narrow screen scrolls one way only."""
    server = start()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        browser.get(address(server, application, **change))
        SCREENS.mkdir(parents=True, exist_ok=True)
        screen = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
        (SCREENS / f"{kind}-{scheme}-{width}.png").write_bytes(base64.b64decode(screen))
        html, main = (browser.find_element(By.TAG_NAME, tag) for tag in ("html", "main"))
        assert int(html.get_property("scrollWidth")) <= int(html.get_property("clientWidth")) <= width
        paper = main.value_of_css_property("background-color")
        assert (luminance(paper) > 0.5) == (scheme == "light")
        for element in main.find_elements(By.CSS_SELECTOR, "h1, h2, legend, p, code, small, bdi, button:last-child"):
            assert contrast(element, paper) >= 4.5, element.text
        for element in main.find_elements(By.CSS_SELECTOR, "button:first-child"):
            assert contrast(element, element.value_of_css_property("background-color")) >= 4.5
        for element in main.find_elements(By.CSS_SELECTOR, "label, button"):
            assert element.size["height"] >= 40 and element.size["width"] <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
