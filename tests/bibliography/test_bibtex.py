"""Reading .bib files: good entries are kept, broken ones reported, nothing raises."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from scs_series.bibliography import label, note_html, reference_html, sort_key
from scs_series.bibliography.bibtex import read_bibtex
from tests.text import material

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((material.FOLDER / "bibliography" / "bib").glob("*.bib")) if material.FOLDER else []

#: How a word looks is not part of the word.
_COMMANDS = re.compile(r"\\(?:emph|text[a-z]+|mkbib|enquote|em\b|it\b|bf\b|sc\b)")

SAMPLE = r"""
@article{kuo2019, author = {Kuo, Lily and {The Guardian} and Jeremy Daum}, title = {{China} bans 23m from buying},
  journal = {The Guardian}, year = 2019, month = mar, pages = {12--15}, doi = {10.1000/ABC}, langid = {english},
  keywords = {courts, travel; credit}}
@online{court2013, author = {{最高人民法院 (Supreme People's Court)}}, title = {若干规定}, titleaddon = {Several provisions},
  date = {2013-07-16}, url = {https://example.org/a_b%20c}, langid = {chinese}}
@misc{untitled2000, author = {Nobody}}
@book{broken2001, title = {Never closed
@report{after2002, title = {Comes after \& is read}, institution = {OECD}, year = {2002}}
"""


def test_entries_become_records() -> None:
    read = read_bibtex(SAMPLE)
    records = {record.key: record for record in read.records}
    kuo = records["kuo2019"]
    assert (kuo.title, kuo.container, kuo.issued, kuo.pages, kuo.doi, kuo.language, kuo.type) == (
        "China bans 23m from buying", "The Guardian", "2019-03", "12–15", "10.1000/abc", "en", "article",
    )  # fmt: skip
    assert [name.straight for name in kuo.authors] == ["Lily Kuo", "The Guardian", "Jeremy Daum"]
    assert kuo.keywords == ("courts", "travel", "credit")
    court = records["court2013"]
    assert (court.issued, court.title_translated, court.language) == (
        "2013-07-16",
        "Several provisions",
        "zh-Hans",
    )
    assert label(court) == "Supreme People’s Court 2013"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (r"The Politics of the \emph{Dang'an}: in {China}", "The Politics of the Dang’an: in China"),
        (r"\textit{In} \textbf{four} \textsc{kinds} \textsuperscript{th}", "In four kinds th"),
        (r"\emph{One \textbf{in {another}}} and \mkbibemph{more}", "One in another and more"),
        (r"{\em Old} {\bfseries style} \emph {apart}", "Old style apart"),
        (r"On \enquote{credit} and \mkbibquote{trust}", "On “credit” and “trust”"),
        (r"K\"uhne, G{\"o}del, Bon{\v c}a, Fran\c cais, \'{e}l\`eve, \'\i, Stra\ss e", "Kühne, Gödel, Bonča, Français, élève, í, Straße"),
        (r"Before\textendash{}after, \o re, \AA{}s", "Before–after, øre, Ås"),
        # What looks like these and is not.
        (r"emph, \itemised and textit", r"emph, \itemised and textit"),
        (r"\emph", r"\emph"),
    ],
)  # fmt: skip
def test_commands_give_way_to_their_words(typed: str, read: str) -> None:
    [record] = read_bibtex(f"@book{{a, title = {{{typed}}}}}").records
    assert record.title == read


def test_broken_entries_are_reported_and_do_not_take_the_good_ones_with_them() -> None:
    read = read_bibtex(SAMPLE)
    assert {"kuo2019", "court2013", "after2002"} <= {record.key for record in read.records}
    assert any("untitled2000 has no title" in problem for problem in read.problems)
    assert len(read.problems) >= 2
    assert all(problem.startswith("line ") for problem in read.problems)


@pytest.mark.skipif(material.FOLDER is None, reason=material.ABSENT)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:60])
def test_files_from_the_wild_are_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    read = read_bibtex(text)
    assert read.records or read.problems
    for record in read.records:
        assert record.key
        assert record.title
        html = reference_html(record) + note_html(record) + label(record)
        assert "<script" not in html
        assert not _COMMANDS.search(html), html
        assert len(sort_key(record)) <= 250


@pytest.mark.skipif(material.FOLDER is None, reason=material.ABSENT)
def test_most_entries_from_the_wild_are_kept() -> None:
    kept = reported = 0
    for path in FILES:
        read = read_bibtex(path.read_text(encoding="utf-8", errors="replace"))
        kept, reported = kept + len(read.records), reported + len(read.problems)
    assert kept > 10 * reported, (kept, reported)


@pytest.mark.parametrize("name", ["sources.bib", "sources-extra.bib"])
def test_the_demos_own_sources_are_all_read(name: str) -> None:
    read = read_bibtex((ROOT / "project" / "demo" / name).read_text(encoding="utf-8"))
    assert read.problems == ()
    assert len(read.records) > 10
    assert not [record.key for record in read.records if "\\" in reference_html(record)]


def test_damaged_files_never_raise() -> None:
    chance = random.Random(5)  # noqa: S311
    signs = "{}@,=\"'\\#%~\n\x00é社"
    for _try in range(300):
        text = list(SAMPLE)
        for _change in range(chance.randint(1, 25)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 4)] = chance.choice(signs)
        for record in read_bibtex("".join(text)).records:
            reference_html(record), note_html(record), label(record), sort_key(record)


@pytest.mark.parametrize("text", ["", "no entry", "@", "@{", "@article", "@article{", "@article{x", "@article{x,", "@string{a = ", "{" * 3_000, "@article{a, title={" + "{" * 500 + "}" * 500 + "}}", "\x00", "@comment{x}"])  # fmt: skip
def test_what_is_hardly_a_file_gives_nothing(text: str) -> None:
    assert len(read_bibtex(text).records) <= 1


def test_an_entry_twice_is_kept_once_and_reported() -> None:
    read = read_bibtex("@book{a, title={One}}\n@book{a, title={Two}}\n")
    assert [record.title for record in read.records] == ["One"]
    assert len(read.problems) == 1
