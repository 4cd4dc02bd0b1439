"""What the documents say is what the code does, as far as a machine can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.documents import stale_pages
from api.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def prose(path: Path) -> str:
    """The text without code blocks, whose lines may look like headings and links."""
    return re.sub(r"^( *)```.*?^\1```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def headings(path: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(path), re.MULTILINE)]


def scripts(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


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
