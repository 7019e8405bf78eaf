"""Download a data set into the user's cache, from the first mirror that has the right files."""

import logging
import tempfile
from contextlib import contextmanager
from pathlib import Path

from rcspike_brian.data.advice import how_to_get
from rcspike_brian.data.cache import in_cache, make_cache_folder, store
from rcspike_brian.data.catalog import DatasetEntry, IdxFile
from rcspike_brian.data.content import read_content, verify
from rcspike_brian.errors import DataError

_RETRIES_PER_MIRROR = 1
_TIMEOUT = (10, 30)  # seconds to connect, seconds without a byte
_CHUNK = 1 << 16  # bytes between two steps of the progress bar


def fetch(entry: DatasetEntry, problems=(), progress: bool = True) -> Path:
    """Make sure the cache holds all files of a data set, and download those it lacks.

    Parameters
    ----------
    entry : DatasetEntry
    problems : sequence of str
        What other sources had to say, for the error message.
    progress : bool
        Whether to show a progress bar on a terminal.

    Returns
    -------
    pathlib.Path
        The folder of the data set in the cache.

    Raises
    ------
    DataError
        If no mirror has the right files, with the reason for each and every way on.
    """
    folder = make_cache_folder(entry)
    mirrors = list(entry.mirrors)
    # One file after the other goes to the cache, so that an interruption loses only the last.
    for file in entry.files:
        if not in_cache(entry, file):
            store(entry, file, _from_mirrors(entry, file, mirrors, problems, progress))
    return folder


def _from_mirrors(entry, file, mirrors, problems, progress) -> bytes:
    """Return the verified content of `file`; mirrors that fail move to the end of the list."""
    failures = []
    for mirror in list(mirrors):
        try:
            return _download(mirror, entry, file, progress)
        except DataError as error:
            failures.append(str(error))
            # A dead mirror costs a timeout; pay it once, not for each of the four files.
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
    problem = f"{entry.title} is not on this machine, and {file.name} could not be downloaded."
    raise DataError(how_to_get(entry, problem, [*problems, *failures]))


def _download(mirror: str, entry: DatasetEntry, file: IdxFile, progress: bool) -> bytes:
    url = f"{mirror}{file.name}.gz"
    # Beside the cache and not in the system's temporary folder, which may be small.
    with tempfile.TemporaryDirectory(prefix=".download-", dir=make_cache_folder(entry)) as folder:
        content = read_content(_pooch_fetch(url, file, folder, progress), url)
    # A checksum of the packed file would tie us to one mirror's way of packing.
    verify(content, entry, file, url)
    return content


def _pooch_fetch(url: str, file: IdxFile, folder: str, progress: bool) -> Path:
    import pooch
    from tqdm.auto import tqdm

    # pooch asks for the bar's truth value, which tqdm can only answer with a total.
    bar = tqdm(
        desc=file.name,
        total=file.size,
        unit="B",
        unit_scale=True,
        disable=None if progress else True,
    )
    name = f"{file.name}.gz"
    mirror = pooch.create(
        folder, base_url="", registry={name: None}, urls={name: url},
        retry_if_failed=_RETRIES_PER_MIRROR,
    )  # fmt: skip
    with bar, _quiet(pooch.get_logger()):
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT)
        try:
            return Path(mirror.fetch(name, downloader=downloader))
        # All errors of requests are OSErrors; pooch adds ValueError.
        except (OSError, ValueError) as error:
            raise DataError(f"{url}: {_reason(error)}") from None


@contextmanager
def _quiet(logger: logging.Logger):
    """Silence pooch's own report: the bar and our error messages say it better."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError):
        return f"HTTP error {error.response.status_code} ({error.response.reason})"
    if isinstance(error, exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, exceptions.ConnectionError):
        return "no connection"
    return str(error)
