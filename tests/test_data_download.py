"""Downloads, against a server on the loopback interface that can fail in every way."""

import gzip
import io
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest
from data_fakes import FakeWorld

from rcspike_brian.data import load_dataset
from rcspike_brian.errors import DataError


@pytest.fixture
def world(monkeypatch, tmp_path):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # pooch waits between attempts
    return FakeWorld(monkeypatch, tmp_path)


class Mirrors:
    """A web server: the first part of the path chooses how it answers, the second is the file."""

    def __init__(self, files):
        self.files = files
        self.log = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, kind):
        return f"http://127.0.0.1:{self.server.server_port}/{kind}/"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, kind, name):
        """Return status, promised length (None: the real one) and body."""
        body = self.files[name]
        if kind == "flaky" and self.log.count((kind, name)) == 1:
            return 503, None, b"busy"
        return {
            "good": (200, None, gzip.compress(body)),
            "repacked": (200, None, gzip.compress(body, compresslevel=1)),
            "plain": (200, None, body),
            "flaky": (200, None, gzip.compress(body)),
            "html": (200, None, b"<!DOCTYPE html><html><body>Sorry!</body></html>"),
            "gone": (404, None, b"<html>Not found</html>"),
            "cut": (200, None, gzip.compress(body)[:-20]),
            "broken": (200, 10**6, gzip.compress(body)),
            "wrong": (200, None, gzip.compress(body[:-1] + bytes([body[-1] ^ 1]))),
        }[kind]

    def _handler(self):
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                kind, name = self.path.strip("/").removesuffix(".gz").split("/")
                mirrors.log.append((kind, name))
                status, length, body = mirrors.answer(kind, name)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def mirrors(world):
    server = Mirrors(world.contents())
    yield server
    server.close()


@pytest.fixture
def dead():
    """Return an address where nobody listens: bound, so nobody else takes the port."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}/"


def test_dead_mirror_then_html_then_the_right_one(world, mirrors, dead):
    world.change("mnist", mirrors=(dead, mirrors.url("html"), mirrors.url("good")))
    dataset = load_dataset("mnist")
    assert dataset.source == f"{world.cache / 'mnist'} (downloaded to the user cache)"
    assert (dataset.train_images.ravel() == world.arrays["mnist"]["train_images"].ravel()).all()
    assert world.cached() == world.all_cached()


def test_a_mirror_that_failed_is_not_asked_first_again(world, mirrors):
    world.change("mnist", mirrors=(mirrors.url("html"), mirrors.url("good")))
    world.entry().fetch()
    assert [kind for kind, _ in mirrors.log] == ["html", "good", "good", "good", "good"]


@pytest.mark.parametrize("kind", ["repacked", "plain"])
def test_mirrors_may_pack_as_they_like(world, mirrors, kind):
    world.change("mnist", mirrors=(mirrors.url(kind),))
    world.entry().fetch()
    assert world.cached() == world.all_cached()


def test_second_call_uses_the_cache(world, mirrors):
    world.change("mnist", mirrors=(mirrors.url("good"),))
    load_dataset("mnist")
    asked = len(mirrors.log)
    assert load_dataset("mnist").source == f"{world.cache / 'mnist'} (user cache)"
    assert len(mirrors.log) == asked == 4


def test_only_files_that_lack_or_are_damaged_are_downloaded(world, mirrors):
    world.change("mnist", mirrors=(mirrors.url("good"),))
    folder = world.write(world.cache / "mnist", leave_out=["t10k-labels-idx1-ubyte"])
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    load_dataset("mnist")
    assert sorted(name for _, name in mirrors.log) == [
        "t10k-labels-idx1-ubyte",
        "train-labels-idx1-ubyte",
    ]


def test_a_mirror_that_is_busy_once_is_tried_again(world, mirrors):
    world.change("mnist", mirrors=(mirrors.url("flaky"),))
    world.entry().fetch()
    assert world.cached() == world.all_cached()
    assert len(mirrors.log) == 8


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gone", r"HTTP error 404 \(Not Found\)"),
        ("html", "is an HTML or XML page and not data"),
        ("cut", "is truncated: the gzip data end in the middle"),
        ("broken", "the connection broke off"),
        ("wrong", "has a wrong checksum"),
    ],
)
def test_reason_of_each_failure_and_nothing_left_behind(world, mirrors, kind, reason):
    world.change("mnist", mirrors=(mirrors.url(kind),))
    with pytest.raises(DataError, match=reason) as caught:
        load_dataset("mnist")
    message = str(caught.value)
    assert f"{mirrors.url(kind)}train-images-idx3-ubyte.gz" in message
    assert "rcspike data import PATH" in message
    assert world.entry().files[0].sha256 in message
    assert world.cached() == []


def test_every_mirror_has_its_line_in_the_error(world, mirrors, dead):
    world.change("mnist", mirrors=(dead, mirrors.url("gone"), mirrors.url("html")))
    with pytest.raises(DataError, match=r"(?s)no connection.*HTTP error 404.*HTML or XML page"):
        world.entry().fetch()


def test_no_answer_in_time(world, monkeypatch):
    monkeypatch.setattr("rcspike_brian.data.download._TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.change("mnist", mirrors=(f"http://127.0.0.1:{silent.getsockname()[1]}/",))
        with pytest.raises(DataError, match="no answer in time"):
            world.entry().fetch()


def test_a_proxy_that_is_not_there(world, mirrors, dead, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", dead)
    world.change("mnist", mirrors=("http://example.invalid/",))
    with pytest.raises(DataError, match="the proxy that HTTPS_PROXY or HTTP_PROXY names failed: "):
        world.entry().fetch()


def test_a_mirror_without_a_secure_connection(world, mirrors):
    world.change("mnist", mirrors=(mirrors.url("good").replace("http:", "https:"),))
    with pytest.raises(DataError, match=r"no secure connection \(REQUESTS_CA_BUNDLE .*SSL"):
        world.entry().fetch()


def test_swapped_files_on_a_mirror(world, mirrors):
    mirrors.files["train-labels-idx1-ubyte"] = mirrors.files["t10k-labels-idx1-ubyte"]
    world.change("mnist", mirrors=(mirrors.url("good"),))
    with pytest.raises(DataError, match="is t10k-labels-idx1-ubyte of MNIST, not train-labels"):
        world.entry().fetch()
    # What was right stays, so that the next attempt has less to do.
    assert world.cached() == ["mnist/train-images-idx3-ubyte"]


def test_unwritable_cache(world, mirrors, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "file" / "cache"))
    world.change("mnist", mirrors=(mirrors.url("good"),))
    with pytest.raises(DataError, match=r"cannot write .*file/cache/mnist: .* RCSPIKE_CACHE"):
        load_dataset("mnist")
    assert mirrors.log == []


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [(Terminal(), True, True), (Terminal(), False, False), (io.StringIO(), True, False)],
)
def test_progress_bar_is_shown_on_a_terminal_only(
    world, mirrors, monkeypatch, stream, progress, shown
):
    monkeypatch.setattr("sys.stderr", stream)
    world.change("mnist", mirrors=(mirrors.url("good"),))
    world.entry().fetch(progress)
    output = stream.getvalue()
    assert ("train-images-idx3-ubyte: 100%" in output) == shown
    assert bool(output) == shown


def test_the_callers_logging_is_left_alone(world, mirrors):
    logger = pooch.get_logger()
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        world.change("mnist", mirrors=(mirrors.url("gone"),))
        with pytest.raises(DataError):
            world.entry().fetch()
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before)
