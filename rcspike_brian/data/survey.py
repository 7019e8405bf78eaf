"""What is available where: the table behind ``rcspike data list``."""

from dataclasses import dataclass

from rcspike_brian.data.bundled import load_bundled
from rcspike_brian.data.catalog import DatasetEntry
from rcspike_brian.data.sources import (
    SourceFolder,
    given_folder,
    holds_any,
    read_folder,
    standing_folders,
)
from rcspike_brian.errors import DataError


@dataclass(frozen=True)
class Finding:
    """What was found at one source: "complete", "not there", or what is wrong."""

    source: str
    state: str


def survey(entry: DatasetEntry, data_dir=None) -> list[Finding]:
    """Look at every source of a data set, verify what is there, and download nothing."""
    findings = []
    try:
        given = given_folder(entry, data_dir)
    except DataError as error:
        findings.append(Finding("given folder", str(error)))
    else:
        if given is not None:
            findings.append(_look(entry, given))
    findings += [_look(entry, folder) for folder in standing_folders(entry)]
    return [*findings, Finding("bundled subset", _state(lambda: load_bundled(entry)))]


def _look(entry: DatasetEntry, folder: SourceFolder) -> Finding:
    if not holds_any(entry, folder.path):
        return Finding(str(folder), "not there")
    return Finding(str(folder), _state(lambda: read_folder(entry, folder.path)))


def _state(load) -> str:
    try:
        load()
    except DataError as error:
        return str(error)
    return "complete"
