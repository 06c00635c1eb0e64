import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")])
BLOCK = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


# Templates for French law have no English twin.
TWINS = sorted(set((ROOT / "docs/fr").rglob("*.md")) - set((ROOT / "docs/fr/confiance").iterdir()))


@pytest.mark.parametrize("page", TWINS, ids=name_of)
def test_a_french_page_follows_its_english_twin(page):
    twin = ROOT / "docs" / page.relative_to(ROOT / "docs/fr")
    texts = [it.read_text("utf-8") for it in (page, twin)]
    blocks = [BLOCK.findall(text) for text in texts]
    headings = [re.findall(r"^#+ ", BLOCK.sub("", text), re.MULTILINE) for text in texts]
    assert blocks[0] == blocks[1], "what is run and printed is the same in both"
    assert headings[0] == headings[1]


@pytest.mark.parametrize(("language", "folder"), [("en", "docs"), ("fr", "docs/fr")])
def test_the_console_has_the_words_that_the_tutorial_tells_to_press(language, folder):
    words = ROOT / f"services/gateway/src/gateway/console/words/{language}.json"
    known = [it for it in json.loads(words.read_text("utf-8")).values() if isinstance(it, str)]
    told = re.findall(r"\*\*(.+?)\*\*", (ROOT / folder / "tutorial.md").read_text("utf-8"))
    assert len(told) > 10
    assert set(told) <= set(known)


def test_every_anchor_between_pages_is_a_heading():
    for page in PAGES:
        for link, anchor in re.findall(r"\]\(([^)#:\s]*)#([^)]+)\)", page.read_text("utf-8")):
            target = (page.parent / link) if link else page
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in {anchor_of(it) for it in headings}, f"{name_of(page)}: {link}#{anchor}"


def anchor_of(heading):
    """Name a heading as GitHub does: small letters, hyphens for spaces, no other signs."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_decisions_are_numbered_and_have_their_four_parts():
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        parts = re.findall(r"^## (\w+)$", path.read_text("utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def test_no_word_of_the_glossary_is_explained_twice():
    page = (ROOT / "docs/glossary.md").read_text("utf-8")
    words = re.findall(r"^\| ([a-z][^|]+?) \|", page, re.MULTILINE)
    assert len(words) > 30
    assert len(words) == len(set(words))


def test_every_make_command_in_a_page_exists():
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    for page in PAGES:
        text = page.read_text("utf-8")
        used = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
        assert used <= targets, name_of(page)


def test_every_operation_in_a_page_exists():
    known = {
        (verb.upper(), re.sub(r"\{\w+\}", "{}", path))
        for snapshot in ROOT.glob("services/*/openapi.json")
        for path, verbs in json.loads(snapshot.read_text("utf-8"))["paths"].items()
        for verb in verbs
    }
    for page in PAGES:
        for verb, path in re.findall(
            r"`(GET|POST|PUT|PATCH|DELETE) (/v1/[^`? ]+)", page.read_text("utf-8")
        ):
            if "<" not in path:
                assert (verb, re.sub(r"\{\w+\}", "{}", path)) in known, name_of(page)
