"""The instructor's web application, as a process: by requests, and in a real browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from grader.model.verdict import VerdictStatus
from tests.fakes import grades
from tests.fakes.class_in_book import classroom_in, hand_in

pytestmark = pytest.mark.xdist_group("serve")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and not os.environ.get("GRADER_REQUIRE_BROWSER"), reason="needs chromium and its driver"
)
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    with classroom_in(folder) as room:
        hand_in(room, "ada", "x = 1")
        failed = grades.failing()
        broken = replace(failed.verdicts[0], status=VerdictStatus.OUR_FAULT, fraction=None)
        hand_in(room, "bob", "y = 2", grade=replace(failed, verdicts=(broken, *failed.verdicts[1:])), name=HOSTILE)
    return folder


@pytest.fixture(scope="module")
def address(course):
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG") if name in os.environ
    }
    environment = kept | {
        "GRADER_CACHE": str(course / "cache"),
        "GRADER_DATA": str(course / "data"),
        "GRADER_ACTOR": "prof",
    }
    command = [sys.executable, "-m", "grader", "-C", str(course), "serve", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())["address"]
        finally:
            process.terminate()


@pytest.fixture
def client(address):
    base = address.partition("/?")[0]
    with httpx2.Client(base_url=base, follow_redirects=True, trust_env=False, timeout=60) as made:
        assert made.get(address).status_code == 200
        yield made


def token(page: str) -> str:
    return re.search(r'name="csrf" value="([0-9a-f]+)"', page)[1]


def decide(client, page="/labs/2.5.4/students/ada", **fields):
    form = {"csrf": token(client.get(page).text), "student": "ada", "check": "", "points": "", "reason": "talked"}
    return client.post("/labs/2.5.4/decide", data=form | fields)


def test_without_the_token_nothing_is_shown(address):
    base = address.partition("/?")[0]

    assert httpx2.get(base, trust_env=False).status_code == 403
    assert httpx2.get(f"{base}/labs/2.5.4/grades.csv", trust_env=False).status_code == 403


def test_the_first_page_lists_the_labs_and_what_goes_on(client):
    page = client.get("/").text

    assert "Fine-tune a classifier with Trainer" in page
    assert 'href="/labs/2.5.4"' in page
    assert client.get("/progress.json").json()["graded"] == 2


def test_a_lab_shows_its_students_and_its_class_page(client):
    assert 'href="/labs/2.5.4/students/ada"' in client.get("/labs/2.5.4").text
    framed = client.get("/labs/2.5.4/class")
    assert "Needs a person" in framed.text
    assert framed.headers["content-security-policy"] == "frame-ancestors 'self'"


def test_a_decision_of_an_infinite_number_is_no_decision(client):
    form = {"csrf": token(client.get("/labs/2.5.4/students/ada").text), "number": "inf", "reason": "a mistake"}

    assert client.post("/labs/2.5.4/revoke", data=form).status_code == 400


def test_a_report_is_nobody_even_in_a_window_of_its_own(client):
    """Whatever got into a report would act as the instructor there: it has no scripts and no origin."""
    answer = client.get("/labs/2.5.4/students/ada/report")

    assert "sandbox" in answer.headers["content-security-policy"].split("; ")


def test_a_hostile_name_is_text(client):
    for path in ("/labs/2.5.4", "/labs/2.5.4/students/bob", "/labs/2.5.4/class"):
        assert HOSTILE not in client.get(path).text
        assert "&lt;img src=x" in client.get(path).text


def test_a_decision_counts_at_once_and_can_be_revoked(client):
    answer = decide(client, kind="score", points="42.5")
    assert answer.status_code == 200
    assert "<b>42.5</b>" in answer.text
    assert "by prof" in answer.text
    number = re.search(r'name="number" value="(\d+)"', answer.text)[1]

    form = {"csrf": token(answer.text), "number": number, "student": "ada", "reason": "a mistake"}
    revoked = client.post("/labs/2.5.4/revoke", data=form)

    assert "<b>42.5</b>" not in revoked.text


def test_a_check_is_dropped_for_everyone(client):
    page = client.get("/labs/2.5.4").text
    module = Path(__file__).parents[2] / "checks" / "module-2.5" / "test_lab_2_5_4.py"
    check = re.search(r"^def (test_\w+)", module.read_text(), re.MULTILINE)[1]
    form = {"csrf": token(page), "kind": "drop", "check": check, "reason": "it was unfair"}

    answer = client.post("/labs/2.5.4/decide", data=form)

    assert answer.status_code == 200
    assert check in client.get("/labs/2.5.4/students/ada").text
    assert client.post("/labs/2.5.4/decide", data=form | {"check": "test_nothing"}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"csrf": "0" * 64, "kind": "score", "points": "1"}, 403),
        ({"kind": "delete"}, 400),
        ({"kind": "score", "points": "many"}, 400),
        ({"kind": "score", "points": "nan"}, 400),
        ({"kind": "score", "points": "1e999"}, 400),
        ({"kind": "score", "points": "-1"}, 400),
        ({"kind": "score", "points": "1", "reason": " "}, 400),
        ({"kind": "score", "points": "1", "student": "nobody"}, 400),
        ({"kind": "score", "points": "1", "reason": "x" * 20_000}, 413),
    ],
)
def test_a_form_that_cannot_be_right_changes_nothing(client, fields, status):
    before = client.get("/labs/2.5.4/grades.csv").text

    assert decide(client, **fields).status_code == status
    assert client.get("/labs/2.5.4/grades.csv").text == before


def test_a_form_from_another_site_is_refused(client):
    answer = client.post("/labs/2.5.4/regrade", data={}, headers={"Origin": "http://evil.example"})

    assert answer.status_code == 403


def test_grades_are_downloaded_without_formulas(client, course):
    text = client.get("/labs/2.5.4/grades.csv")

    assert text.headers["content-disposition"] == 'attachment; filename="grades-2.5.4.csv"'
    assert text.text.splitlines()[0].startswith("lab,student,name,email,section,state")


@pytest.mark.parametrize(
    "path",
    ["/labs/9.9", "/labs/2.5.4/students/nobody", "/labs/2.5.4/students/ada%2F..%2F..", "/static/app.py", "/nowhere"],
)
def test_what_is_not_there_is_said_on_a_page(client, path):
    answer = client.get(path)

    assert answer.status_code in {400, 404}
    assert "Traceback" not in answer.text


def test_another_host_is_not_served():
    done = subprocess.run(
        [sys.executable, "-m", "grader", "serve", "--host", "0.0.0.0"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "GR104" in done.stderr


# --- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(address, tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "chromium"
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
        "--window-size=1280,1400",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER or "chromedriver"))
    driver.set_page_load_timeout(60)
    driver.get(address)
    yield driver
    driver.quit()


def violations(browser) -> list[str]:
    from importlib.resources import files

    browser.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script("axe.run({iframes: false}).then(arguments[0])")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@needs_browser
@pytest.mark.parametrize("path", ["/", "/labs/2.5.4", "/labs/2.5.4/students/bob", "/labs/2.5.4/class"])
def test_a_page_breaks_no_rule_of_accessibility_and_no_policy(browser, address, path):
    browser.get(address.partition("/?")[0] + path)

    assert violations(browser) == []
    said = [entry["message"] for entry in browser.get_log("browser") if "favicon" not in entry["message"]]
    assert [line for line in said if "Content Security Policy" in line and "axe" not in line] == []
    assert browser.title != "1"


@needs_browser
def test_a_table_is_sorted_from_the_keyboard(browser, address):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.get(address.partition("/?")[0] + "/labs/2.5.4/class")
    table = browser.find_elements(By.CSS_SELECTOR, "table.sortable")[-1]
    heading = table.find_elements(By.CSS_SELECTOR, "thead th")[2]

    def points():
        return [
            float(cell.get_attribute("data-key"))
            for cell in table.find_elements(By.CSS_SELECTOR, "tbody td:nth-child(3)")
        ]

    heading.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert (heading.get_attribute("aria-sort"), points()) == ("ascending", sorted(points()))
    heading.find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    assert (heading.get_attribute("aria-sort"), points()) == ("descending", sorted(points(), reverse=True))


@needs_browser
def test_a_grade_is_decided_from_the_keyboard_beside_the_notebook(browser, address):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.get(address.partition("/?")[0] + "/labs/2.5.4/students/bob")
    assert browser.find_element(By.TAG_NAME, "iframe").get_attribute("src").endswith("/students/bob/report")
    browser.find_element(By.NAME, "points").send_keys("7")
    browser.find_element(By.NAME, "reason").send_keys("shown in class", Keys.ENTER)

    score = browser.find_element(By.CSS_SELECTOR, ".score b")
    assert score.text == "7"
