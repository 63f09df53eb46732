#!/usr/bin/env python3
"""The pages of a comparison and of its runs in a browser: three widths, light, dark and printed.

The program to test is named by GENOMENAS. It makes the pages anew from the folders of an earlier day
(tests/fixtures/part-e). The browser is Chromium, named by CHROMIUM or found on the path; without one the tests are
skipped, unless CI=true.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
REPOSITORY = Path(__file__).resolve().parent.parent.parent
GENOMENAS = os.environ["GENOMENAS"]
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
WIDTHS = [390, 820, 1400]
# What paper of A4 has between its margins, in CSS pixels.
PAPER = 718

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

MISSING = "no Chromium is there (apt-get install chromium)" if not CHROMIUM else "the package playwright of Python is not there"


def unpack(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))


@unittest.skipIf((not CHROMIUM or not sync_playwright) and os.environ.get("CI") != "true", MISSING)
class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        unpack(REPOSITORY / "tests/fixtures/part-e/folders.tar.gz", cls.folder)
        for file in [*cls.folder.rglob("*.toml")]:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("@FOLDER@", str(cls.folder)), encoding="utf-8")
        cls.pages = []
        comparison = cls.folder / "comparison-done"
        for made in [comparison, *sorted(comparison.glob("runs/*/seed-1"))]:
            page = made / "report.html"
            page.unlink(missing_ok=True)
            subprocess.run([GENOMENAS, "report", str(made)], check=True, stdout=subprocess.DEVNULL)
            cls.pages.append(page)
        browser = sync_playwright().start()
        cls.addClassCleanup(browser.stop)
        # In a container Chromium has no sandbox; the pages are our own.
        cls.browser = browser.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def opened(self, page, width, scheme="light", printed=False):
        """The page in the browser, and what its console says."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.addCleanup(context.close)
        tab = context.new_page()
        said = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or said.append(request.url))
        if printed:
            tab.emulate_media(media="print")
        tab.goto(page.as_uri())
        return tab, said

    def test_no_page_is_wider_than_the_window_or_has_an_error(self):
        views = [(width, scheme, False) for width in WIDTHS for scheme in ["light", "dark"]] + [(PAPER, "light", True)]
        for page in self.pages:
            for width, scheme, printed in views:
                with self.subTest(page=page.parent.parent.name, width=width, scheme=scheme, printed=printed):
                    tab, said = self.opened(page, width, scheme, printed)
                    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    self.assertEqual(tab.evaluate(over), 0)
                    self.assertEqual(said, [])
                    self.assertGreater(tab.evaluate("document.body.innerText.length"), 500)

    def test_paper_and_ink_can_be_told_apart_in_every_mode(self):
        # The contrast of WCAG 2.1 between two colours as rgb(r, g, b).
        contrast = """() => {
            const light = (rgb) => { const part = rgb.match(/[\\d.]+/g).slice(0, 3).map((of) => of / 255)
                .map((of) => of <= 0.03928 ? of / 12.92 : ((of + 0.055) / 1.055) ** 2.4);
                return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]; };
            const paper = light(getComputedStyle(document.body).backgroundColor);
            const of = (colour) => { const ink = light(colour); return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05); };
            const texts = ["body", ".note", "td", "thead th"].map((name) => document.querySelector(name)).filter(Boolean);
            return Math.min(...texts.map((text) => of(getComputedStyle(text).color)));
        }"""
        for page in self.pages:
            for scheme, printed in [("light", False), ("dark", False), ("light", True)]:
                with self.subTest(page=page.parent.parent.name, scheme=scheme, printed=printed):
                    tab, _ = self.opened(page, 820, scheme, printed)
                    self.assertGreaterEqual(tab.evaluate(contrast), 4.5)

    def test_a_click_on_a_column_head_sorts_its_table_both_ways(self):
        tab, said = self.opened(self.pages[0], 1400)
        table = tab.locator("#leaderboard table.sortable")
        places = lambda: table.locator("tbody tr td.rank").all_inner_texts()
        head = table.locator("thead th").first
        self.assertEqual(places(), ["1", "2"])
        head.locator("button").click()
        self.assertEqual((head.get_attribute("aria-sort"), places()), ("descending", ["2", "1"]))
        head.locator("button").click()
        self.assertEqual((head.get_attribute("aria-sort"), places()), ("ascending", ["1", "2"]))
        self.assertEqual(said, [])

    def test_every_link_leads_somewhere(self):
        for page in self.pages:
            tab, _ = self.opened(page, 820)
            for link in tab.evaluate("[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))"):
                with self.subTest(page=page.parent.parent.name, link=link):
                    if link.startswith("#"):
                        self.assertEqual(tab.locator(f"[id='{link[1:]}']").count(), 1)
                    else:
                        self.assertTrue((page.parent / link).is_file())

    def test_what_is_under_the_pointer_is_named(self):
        tab, _ = self.opened(self.pages[0], 1400)
        dots = tab.locator("#seeds circle")
        self.assertEqual(dots.count(), 4)
        dots.first.hover()
        self.assertRegex(dots.first.locator("title").text_content(), r"^seed \d: 0\.\d{3}$")
        self.assertGreater(tab.locator("#costs .point-label[title]").count(), 0)

    def test_a_table_wider_than_a_phone_scrolls_in_itself(self):
        tab, _ = self.opened(self.pages[0], 390)
        scrolls = tab.locator("#leaderboard .scroll")
        self.assertTrue(scrolls.evaluate("(box) => box.scrollWidth > box.clientWidth && getComputedStyle(box).backgroundImage !== 'none'"))

    def test_an_entry_has_one_colour_on_all_pages(self):
        ink = "() => [...document.querySelector('#training .ink.bold, #training .ink:not(.train)').classList].filter((name) => /^c\\d$|^control$/.test(name))[0]"
        comparison, _ = self.opened(self.pages[0], 820)
        for page in self.pages[1:]:
            run, _ = self.opened(page, 820)
            entry = re.sub(r"-(?=[a-z_]+=)", " ", page.parent.parent.name)
            panel = comparison.locator("#training .panel", has_text=entry)
            expected = panel.locator("svg.swatch").get_attribute("class")
            self.assertIn(run.evaluate(ink), expected.split())


if __name__ == "__main__":
    unittest.main()
