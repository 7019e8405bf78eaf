"""The README in English and in Japanese say the same: commands, code, files."""

import re
from pathlib import Path

import click
import pytest

from rcspike_brian.commands import main

ROOT = Path(__file__).resolve().parents[1]
ENGLISH, JAPANESE = "README.md", "README.ja.md"
BLOCK = re.compile(r"```(?:\w*)\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"^(rcspike|make|python|jupyter) .+")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code_lines(name):
    """Lines of all code blocks without comments, which each language has its own."""
    lines = (
        line.split("#")[0].rstrip()
        for block in BLOCK.findall(read(name))
        for line in block.split("\n")
    )
    return [line for line in lines if line.strip()]


def commands(name):
    """Every command: in code blocks and in the text."""
    inline = INLINE.findall(BLOCK.sub("", read(name)))
    found = (*code_lines(name), *inline)
    return {" ".join(line.split()) for line in found if COMMAND.match(line.strip())}


def links(name):
    targets = re.findall(r"\]\(([^)]+)\)", read(name))
    return {target for target in targets if target not in (ENGLISH, JAPANESE)}


def test_both_readmes_name_the_same_commands():
    only_english = commands(ENGLISH) - commands(JAPANESE)
    only_japanese = commands(JAPANESE) - commands(ENGLISH)
    assert not only_english, f"{JAPANESE} lacks commands of {ENGLISH}"
    assert not only_japanese, f"{ENGLISH} lacks commands of {JAPANESE}"
    assert any(command.startswith("rcspike train") for command in commands(ENGLISH))
    assert "make test" in commands(ENGLISH)


def test_both_readmes_have_the_same_code():
    assert code_lines(ENGLISH) == code_lines(JAPANESE)


def test_both_readmes_list_the_same_folders_and_link_the_same_places():
    folders = [
        {row.split("|")[1].strip() for row in read(name).split("\n") if row.startswith("| `")}
        for name in (ENGLISH, JAPANESE)
    ]
    assert folders[0] == folders[1]
    assert links(ENGLISH) == links(JAPANESE)


@pytest.mark.parametrize("name", [ENGLISH, JAPANESE])
def test_files_that_are_linked_exist(name):
    for target in links(name):
        path = ROOT / target.partition("#")[0]
        assert target.startswith("https://") or path.exists(), target


@pytest.mark.parametrize("name", [ENGLISH, JAPANESE])
def test_commands_exist_with_their_options(name):
    makefile = read("Makefile")
    for command in commands(name):
        program, first, *rest = command.split()
        if program == "make":
            assert re.search(rf"^{first}:", makefile, re.MULTILINE), command
        if program == "rcspike" and not first.startswith("-"):
            found = main.get_command(click.Context(main), first)
            assert found is not None, command
            if isinstance(found, click.Group):
                found = found.get_command(click.Context(found), rest[0])
                assert found is not None, command
            options = {flag for parameter in found.params for flag in parameter.opts}
            used = {word.split("=")[0] for word in rest if word.startswith("--")}
            assert used <= options, command
