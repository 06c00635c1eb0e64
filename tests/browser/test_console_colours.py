"""Marks are told apart on any paper, in any light and by any eyes."""

import io
import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from console_demo import Demo, Visitor, a_place
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

DEFICIENCIES = ["deuteranopia", "protanopia", "tritanopia", "achromatopsia"]
# WCAG 2.2, 1.4.11: what is not text has this contrast with what is beside it.
LEAST_CONTRAST = 3.0
# Share of the pixels of two marks that differ where the marks are two shapes.
LEAST_APART = 0.08
NAMES = ["--severity-1", "--severity-2", "--severity-3", "--severity-4", "--good", "--accent"]


def luminance(colour: str) -> float:
    parts = np.array([int(it) / 255 for it in re.findall(r"\d+", colour)[:3]])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("light", ["light", "dark"])
def test_marks_stand_out_from_what_they_lie_on(browser, demo: Demo, light: str):
    visitor = Visitor(browser, demo, color_scheme=light)
    visitor.sign_in()
    colours = visitor.page.evaluate(
        """names => {
            const probe = document.createElement('i');
            document.querySelector('main').append(probe);
            return names.map(name => {
                probe.style.color = `var(${name})`;
                return getComputedStyle(probe).color;
            });
        }""",
        [*NAMES, "--sheet", "--paper"],
    )
    *marks, sheet, paper = colours
    told = {
        name: round(min(contrast(it, sheet), contrast(it, paper)), 2)
        for name, it in zip(NAMES, marks, strict=True)
    }
    assert min(told.values()) >= LEAST_CONTRAST, told
    visitor.close()


def silhouette(page: Any, number: int) -> Any:
    """Draw a mark of a severity large, and give which of its pixels are not paper."""
    page.evaluate(
        """number => {
            const mark = document.querySelector(`.mark.severity-${number}`).cloneNode(true);
            document.querySelector('#drawn')?.remove();
            const box = document.createElement('div');
            box.id = 'drawn';
            Object.assign(box.style, { position: 'fixed', inset: '0 auto auto 0', width: '100px',
                height: '100px', background: 'white', zIndex: 9999 });
            Object.assign(mark.style, { width: '100px', height: '100px' });
            box.append(mark);
            document.body.append(box);
        }""",
        number,
    )
    image = Image.open(io.BytesIO(page.locator("#drawn").screenshot())).convert("L")
    return np.asarray(image) < 200


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_severities_have_shapes_for_whom_colours_are_alike(
    visitor: Visitor, demo: Demo, deficiency: str
):
    visitor.open("#/history")
    tools = visitor.context.new_cdp_session(visitor.page)
    tools.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    drawn = {number: silhouette(visitor.page, number) for number in (1, 2, 3, 4)}
    assert all(it.mean() > 0.2 for it in drawn.values())
    for one, other in combinations(drawn, 2):
        assert (drawn[one] != drawn[other]).mean() > LEAST_APART, (deficiency, one, other)


def test_a_page_is_printed_on_white_with_every_shape(visitor: Visitor, demo: Demo):
    visitor.open(f"#/places/{a_place(demo)}")
    visitor.page.emulate_media(media="print", color_scheme="dark")
    paper = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = visitor.page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert contrast(paper, "rgb(255, 255, 255)") < 1.2
    assert contrast(ink, "rgb(255, 255, 255)") > 7
