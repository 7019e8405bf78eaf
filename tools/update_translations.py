"""Bring the files of translations, notebooks/LANGUAGE/*.md, in line with the notebooks.

Without an option: cells in the order of the notebook, the English text where a translation is
missing, and a list of what is to be translated or looked at. With ``--done``, after the work: every
text that is not English any more counts as made from the English of today.
"""

import argparse
import sys
from pathlib import Path

from rcspike_brian.editions import LANGUAGES
from rcspike_brian.storage import atomic_write, make_folder
from rcspike_brian.translations import outdated, pairs, translation_file

ROOT = Path(__file__).resolve().parents[1]


def updated(path, language, done=False):
    """Return the content of a file of translations in line with its notebook."""
    parts = []
    for english, text in pairs(path, language):
        if english is None:
            continue  # its source is gone
        shown = english.text if text is None else text.text
        made_from = "missing" if text is None else text.made_from
        if done and shown != english.text:
            made_from = english.made_from
        parts.append(f"<!-- {english.cell} {made_from} -->\n{shown}\n")
    return "\n".join(parts)


def main():
    """Update the files and list what is left to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--done", action="store_true", help="what is not English is up to date")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the course")
    chosen = parser.parse_args()
    for path in chosen.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")):
        for language in LANGUAGES[1:]:
            content = updated(path, language, chosen.done)
            file = translation_file(path, language)
            make_folder(file.parent)
            with atomic_write(file) as temporary:
                temporary.write_text(content, encoding="utf-8")
            for line in outdated(path, language):
                print(line)


if __name__ == "__main__":
    sys.exit(main())
