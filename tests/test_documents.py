"""What the documents say is what the code does, as far as a machine can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from api.documents import stale_pages
from api.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PAGE = ROOT / "web" / "example"
PARTS = {"index.html": "html", "src/documents/report.graphql": "graphql", "src/main.ts": "ts"}


def prose(path: Path) -> str:
    """The text without code blocks, whose lines may look like headings and links."""
    return re.sub(r"^( *)```.*?^\1```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def headings(path: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(path), re.MULTILINE)]


def scripts(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def asked(path: Path) -> list[str]:
    """The GraphQL documents of a page: its blocks, and those inside the JSON of its commands."""
    text = path.read_text(encoding="utf-8")
    inline = re.findall(r'"query": "((?:[^"\\]|\\.)+)"', text)
    unescaped = [re.sub(r"\\(.)", r"\1", one) for one in inline if "..." not in one]
    return re.findall(r"```graphql\n(.*?)```", text, re.DOTALL) + unescaped


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def test_printed_pages_are_fresh() -> None:
    assert stale_pages() == [], "run python -m api docs"


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readme_with_its_default(readme: str, name: str) -> None:
    row = re.search(rf"^\| `GRIDCAST_{name.upper()}` \| ([^|]+) \|", (ROOT / readme).read_text("utf-8"), re.MULTILINE)

    assert row is not None
    default = Settings.model_fields[name].default
    if isinstance(default, int | float) and not isinstance(default, bool):
        assert float(row[1]) == default


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_names_the_two_commands(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")

    assert "make run" in text and "make test" in text


def test_both_readmes_tell_the_same_story() -> None:
    english, chinese = (ROOT / readme for readme in READMES)

    assert headings(english) == headings(chinese)
    assert scripts(english) == scripts(chinese)


def test_the_client_to_copy_stands_in_its_document_word_for_word() -> None:
    # tests/clients runs the file.
    example = (ROOT / "docs" / "examples" / "follow.mjs").read_text(encoding="utf-8")

    assert f"```js\n{example}```" in (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def test_the_providers_system_to_copy_stands_in_its_document_word_for_word() -> None:
    # tests/stories/test_own_system.py runs the file.
    example = (ROOT / "docs" / "examples" / "provider.py").read_text(encoding="utf-8")

    assert f"```python\n{example}```" in (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if asked(path)], ids=lambda path: path.stem)
def test_what_a_document_asks_is_in_the_contract(path: Path, contract: GraphQLSchema) -> None:
    wrong = {document: errors for document in asked(path) if (errors := validate(contract, parse(document)))}

    assert wrong == {}


@pytest.mark.parametrize(("part", "language"), PARTS.items(), ids=PARTS)
def test_the_page_to_copy_stands_in_its_document_word_for_word(part: str, language: str) -> None:
    # npm run check reads the files with their types.
    example = (PAGE / part).read_text(encoding="utf-8")

    assert f"```{language}\n{example}```" in (ROOT / "docs" / "frontends.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose(path))

    broken = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/adr/*.md")), ids=lambda path: path.stem)
def test_a_decision_names_files_that_are_there(path: Path) -> None:
    named = re.findall(r"`([^`]+)`", path.read_text(encoding="utf-8").split("**Files.**")[1])

    files = [name for name in named if "/" in name or name.endswith(".toml")]
    assert files != []
    assert [name for name in files if not (ROOT / name).exists()] == []
