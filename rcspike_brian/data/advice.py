"""What a user can do to get a data set that is not there."""

from collections.abc import Iterable

from rcspike_brian.data.cache import cache_folder
from rcspike_brian.data.catalog import DatasetEntry


def how_to_get(entry: DatasetEntry, problem: str, details: Iterable[str] = ()) -> str:
    """Return an error message with the files, their checksums, the folder and every way on."""
    ways = [
        f"put these files (plain or .gz) into {cache_folder(entry)}, or into a folder named by "
        "--data-dir or the environment variable RCSPIKE_DATA:",
        *(f"    {file.name}  {file.sha256}" for file in entry.files),
        "    (SHA-256 of the uncompressed content)",
        "`rcspike data import PATH` takes a folder, .gz, .zip or .tgz that contains them",
        *entry.offline_ways,
        f"`rcspike data fetch {entry.name}` downloads it where there is a network",
        "the bundled subset needs no download: `--subset bundled`, in Python "
        'load_dataset(..., subset="bundled")',
    ]
    lines = [problem, *(f"  {line}" for line in details), "What to do, one of:"]
    lines += [line if line.startswith("    ") else f"  - {line}" for line in ways]
    return "\n".join(lines)
