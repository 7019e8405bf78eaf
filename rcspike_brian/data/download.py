"""Download a file from the first mirror that has the right one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcspike_brian.data.catalog import ArchiveFile, IdxFile
from rcspike_brian.data.idx import check, read_content
from rcspike_brian.errors import DataError
from rcspike_brian.processes import Workshop

_RETRIES_PER_MIRROR = 1
_TIMEOUT = (10, 30)  # seconds to connect, seconds without a byte
_CHUNK = 1 << 16  # bytes between two steps of the progress bar


def download(
    mirrors: list[str],
    file: IdxFile | ArchiveFile,
    title: str,
    folder: Path,
    progress: bool = True,
) -> tuple[bytes | None, list[str]]:
    """Return the verified content of `file`, None if no mirror has it, and what went wrong.

    Mirrors that fail move to the end of their list.
    """
    failures = []
    for mirror in list(mirrors):
        url = f"{mirror}{file.packed_name}"
        try:
            # Beside the cache: the system's own folder may be small.
            with Workshop(folder, prefix=".download-") as workshop:
                path = _pooch_fetch(url, file, workshop.path, progress)
                content = read_content(path, url, file.packed)
            # A checksum of the packed file ties us to one way of packing: only where there is no
            # other.
            check(content, file, title, url)
            return content, failures
        except DataError as error:
            failures.append(str(error))
            # A dead mirror costs a timeout; pay it once, not for each of the four files.
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
    return None, failures


def _pooch_fetch(url: str, file: IdxFile | ArchiveFile, folder: Path, progress: bool) -> Path:
    import pooch
    from tqdm.auto import tqdm

    # pooch asks for the bar's truth value, which tqdm can only answer with a total.
    silent = None if progress else True  # None: where there is no terminal
    bar = tqdm(desc=file.name, total=file.size, unit="B", unit_scale=True, disable=silent)
    name = file.packed_name
    files = {"registry": {name: None}, "urls": {name: url}}
    mirror = pooch.create(folder, base_url="", retry_if_failed=_RETRIES_PER_MIRROR, **files)
    with bar, _quiet(pooch.get_logger()):
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT)
        try:
            return Path(mirror.fetch(name, downloader=downloader))
        # All errors of requests are OSErrors; pooch adds ValueError.
        except (OSError, ValueError) as error:
            raise DataError(f"{url}: {_reason(error)}") from None


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence pooch's own report: the bar and our error messages say it better."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"HTTP error {error.response.status_code} ({error.response.reason})"
    cause = getattr(error.args[0] if error.args else None, "reason", error)
    reasons = {
        exceptions.Timeout: "no answer in time",
        exceptions.ChunkedEncodingError: "the connection broke off",
        # These two are connection errors as well, but it is not the network that is missing.
        exceptions.ProxyError: f"the proxy that HTTPS_PROXY or HTTP_PROXY names failed: {cause}",
        exceptions.SSLError: f"no secure connection (REQUESTS_CA_BUNDLE names own CAs): {cause}",
        exceptions.ConnectionError: "no connection",
    }
    return next((words for kind, words in reasons.items() if isinstance(error, kind)), str(error))
