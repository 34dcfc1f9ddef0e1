"""The disk as a witness, on copies of real caches: what is counted, what isn't, and a share that gives no answer."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.clocks import FastClock
from support.evidence import CACHED, STOPPED, UNCACHED, look
from support.journals import NOBODY
from support.story import files_below

from cachetools_core.errors import Cancelled, CertificateFileError, DeadlinePassed
from cachetools_core.local.cache_folder import CacheFolder
from cachetools_core.local.sites import read_certificates
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof import evidence
from cachetools_core.proof.evidence import Look, Says, ServiceState, Why, Witness
from cachetools_core.rehearsal.caches import publish
from cachetools_core.waiting import Run

SERVICE = ServiceReference("https://gis.example.com/server", "F", "Rain", "MapServer")
REAL = (
    "esri_sample_v2",
    "esri_sample_exploded",
    "esri_usa_tpkx/Usa.tpkx",
    "consbio_tpk/states_filled.tpk",
    "consbio_tpk/alt_root_name.tpk",
    "consbio_tpk/nonstandard_zoom_levels.tpk",
)


def run_of(deadline: float = 600.0, cancelled: Callable[[], bool] = lambda: False) -> Run:
    return Run(FastClock(60), deadline, cancelled)


def disk(directory: Path, **more: object) -> CacheFolder:
    return CacheFolder(directory, SERVICE, run_of(), lambda: None, **more)  # type: ignore[arg-type]


def cached(map_name: str = "") -> Look:
    return look(evidence.Testimony(Witness.SERVICE, Says.THERE, state=ServiceState.ANSWERS, map_name=map_name))


def uncached(map_name: str = "") -> Look:
    return look(evidence.Testimony(Witness.SERVICE, Says.GONE, state=ServiceState.ANSWERS, map_name=map_name))


def with_a_cache(directory: Path) -> Path:
    """The cache directory, with one map's cache in it, of two files."""
    level = directory / "F_Rain" / "Layers" / "_alllayers" / "L00"
    level.mkdir(parents=True)
    (level / "R0000C0000.bundle").write_bytes(b"tiles")
    (directory / "F_Rain" / "Layers" / "conf.xml").write_text("<CacheInfo/>")
    return directory


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return with_a_cache(tmp_path)


@contextmanager
def owned_by_somebody() -> Iterator[Path]:
    """A cache directory of this user's; root opens every folder, so it is another user's who this process becomes."""
    with tempfile.TemporaryDirectory(prefix="cachetools-caches-") as folder:
        directory, user = with_a_cache(Path(folder)), os.geteuid()
        if user == 0:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield directory
        finally:
            os.seteuid(user)


@pytest.mark.parametrize("cache", REAL)
def test_the_files_of_a_real_cache_are_counted_until_they_are_gone(cache: str, shared: Path, tmp_path: Path) -> None:
    published = publish(shared / "caches" / cache, tmp_path / "caches", "F_Rain")
    witness = disk(tmp_path / "caches")
    before = witness.ask(cached(published.map_name))
    assert (before.says, before.files) == (Says.THERE, files_below(tmp_path / "caches"))
    published.delete()
    after = witness.ask(uncached(published.map_name))
    assert (after.says, after.files, after.scales) == (Says.GONE, 0, None)
    assert str(tmp_path / "caches") in after.words


@pytest.mark.parametrize(
    "left",
    ["Layers/_alllayers/L02/R0000C0000.bundle", "Layers/R0000C0000.bundle.lock", "Status.gdb/a01.gdbtable"],
)
def test_what_is_left_counts_whatever_it_is_and_is_named(left: str, directory: Path) -> None:
    witness = disk(directory)
    assert witness.ask(cached("Layers")).files == 2
    shutil.rmtree(directory / "F_Rain")
    (directory / "F_Rain" / left).parent.mkdir(parents=True)
    (directory / "F_Rain" / left).touch()
    after = witness.ask(uncached("Layers"))
    assert (after.says, after.files) == (Says.THERE, 1)
    assert after.words == f"{directory / 'F_Rain'} holds 1 file: {Path(left)}."


def test_a_folder_without_files_is_gone(directory: Path) -> None:
    for file in [path for path in (directory / "F_Rain").rglob("*") if path.is_file()]:
        file.unlink()
    found = disk(directory).ask(uncached())
    assert (found.says, found.words) == (Says.GONE, f"{directory / 'F_Rain'} holds no file.")


def test_another_map_beside_it_stays_and_is_told(directory: Path) -> None:
    shutil.copytree(directory / "F_Rain" / "Layers", directory / "F_Rain" / "Old")
    (directory / "F_Rain" / "Status.gdb").mkdir()
    (directory / "F_Rain" / "Status.gdb" / "gdb").touch()
    witness = disk(directory)
    before = witness.ask(cached("Layers"))
    assert (before.files, "another map: Old." in before.words) == (2, True)
    shutil.rmtree(directory / "F_Rain" / "Layers")
    after = witness.ask(uncached("Layers"))
    assert (after.says, "another map: Old." in after.words) == (Says.GONE, True)


def test_what_the_job_left_of_its_own_map_counts_though_the_other_lies_there(directory: Path) -> None:
    shutil.copytree(directory / "F_Rain" / "Layers", directory / "F_Rain" / "Old")
    witness = disk(directory)
    witness.ask(cached("Old"))
    (directory / "F_Rain" / "Old" / "conf.xml").unlink()
    assert witness.ask(look(STOPPED)).files == 1


@pytest.mark.parametrize("map_name", ["", "Map"])
def test_two_maps_of_which_none_is_known_to_be_the_services_prove_nothing(map_name: str, directory: Path) -> None:
    shutil.copytree(directory / "F_Rain" / "Layers", directory / "F_Rain" / "Old")
    found = disk(directory).ask(cached(map_name))
    assert (found.says, found.why, found.files) == (Says.NOTHING, Why.AMBIGUOUS, None)
    assert "Layers, Old" in found.words


def test_only_another_maps_cache_in_a_first_look_proves_nothing(directory: Path) -> None:
    found = disk(directory).ask(uncached("Map"))
    assert (found.says, found.why) == (Says.NOTHING, Why.AMBIGUOUS)


@pytest.mark.parametrize("said", [CACHED, UNCACHED, STOPPED], ids=["cached", "uncached", "stopped"])
def test_the_only_map_there_is_the_services_where_it_names_none(said: evidence.Testimony, directory: Path) -> None:
    assert disk(directory).ask(look(said)).files == 2


def test_a_folder_that_may_be_another_services_is_never_opened(directory: Path) -> None:
    def scan(_: str) -> object:
        raise AssertionError("it was opened")

    other = ServiceReference(SERVICE.site, "", "F_Rain", "MapServer")
    asked: list[int] = []

    def namesake() -> ServiceReference:
        asked.append(1)
        return other

    witness = CacheFolder(directory, SERVICE, run_of(), namesake, scan)  # type: ignore[arg-type]
    for _ in range(2):
        found = witness.ask(cached())
        assert (found.says, found.why) == (Says.NOTHING, Why.AMBIGUOUS)
        assert "F_Rain:MapServer" in found.words
    assert asked == [1]


def test_the_folder_is_found_in_other_letters_and_two_of_them_prove_nothing(directory: Path) -> None:
    (directory / "F_Rain").rename(directory / "f_rain")
    assert disk(directory).ask(cached()).files == 2
    (directory / "F_RAIN").mkdir()
    assert disk(directory).ask(cached()).why is Why.AMBIGUOUS


def test_a_folder_in_other_letters_is_not_what_is_left(directory: Path) -> None:
    shutil.copytree(directory / "F_Rain", directory / "F_RAIN")
    witness = disk(directory)
    assert witness.ask(cached()).files == 2
    shutil.rmtree(directory / "F_Rain")
    assert witness.ask(uncached()).says is Says.GONE


@pytest.mark.parametrize("name", ["..", "a/../..", "F\0"])
def test_a_services_name_leads_nowhere_else(name: str, directory: Path) -> None:
    one = ServiceReference(SERVICE.site, "", name, "MapServer")
    below = directory / "caches"
    below.mkdir()
    assert CacheFolder(below, one, run_of(), lambda: None).ask(cached()).says is Says.GONE


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_links_are_not_followed(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    for number in range(9):
        (outside / str(number)).touch()
    (directory / "F_Rain" / "Layers" / "_alllayers" / "L01").symlink_to(outside)
    assert disk(directory).ask(cached()).files == 3
    shutil.rmtree(directory / "F_Rain")
    (directory / "F_Rain").symlink_to(outside)
    found = disk(directory).ask(cached())
    assert (found.says, found.why, found.files) == (Says.NOTHING, Why.AMBIGUOUS, None)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe and bytes that are no text")
def test_a_pipe_and_a_name_that_is_no_text_count_as_files(directory: Path) -> None:
    shutil.rmtree(directory / "F_Rain" / "Layers")
    os.mkfifo(directory / "F_Rain" / "pipe")
    (directory / "F_Rain" / os.fsdecode(b"\xff\x1b[31m")).touch()
    found = disk(directory).ask(cached())
    assert found.files == 2
    found.words.encode("utf-8")
    assert found.words.isprintable()


def test_a_cache_directory_whose_name_no_file_system_takes_is_unreadable(tmp_path: Path) -> None:
    found = disk(tmp_path / "\ud800").ask(cached())
    assert (found.says, found.why) == (Says.NOTHING, Why.UNREADABLE)


@pytest.mark.parametrize("make", [lambda path: None, Path.touch], ids=["missing", "a file"])
def test_a_cache_directory_that_is_none_proves_nothing(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "caches")
    found = disk(tmp_path / "caches").ask(cached())
    assert (found.says, found.why, found.files) == (Says.NOTHING, Why.UNREADABLE, None)
    assert str(tmp_path / "caches") in found.words


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_what_cannot_be_opened_leaves_the_count_unknown_and_never_none(directory: Path) -> None:
    disk(directory).ask(cached())  # what is imported later could lie where another user may not read
    with owned_by_somebody() as caches:
        shut = caches / "F_Rain" / "Layers" / "_alllayers"
        shut.chmod(0)
        found = disk(caches).ask(cached())
        (caches / "F_Rain" / "Layers" / "conf.xml").unlink()
        nothing = disk(caches).ask(cached())
        shut.chmod(0o700)
    assert (found.says, found.files, "can't be read" in found.words) == (Says.THERE, None, True)
    assert (nothing.says, nothing.why) == (Says.NOTHING, Why.UNREADABLE)


class Share:
    """Scans a directory, by name, until it hangs: from the scan with this number on, until the test ends."""

    def __init__(self, hangs_from: int) -> None:
        self.scans, self._hangs_from = 0, hangs_from
        self.answers = threading.Event()

    @contextmanager
    def scan(self, folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        self.scans += 1
        if self.scans >= self._hangs_from:
            self.answers.wait()
        with os.scandir(folder) as entries:
            yield iter(sorted(entries, key=lambda entry: entry.name))


@pytest.fixture
def share() -> Iterator[Callable[[int], Share]]:
    shares: list[Share] = []

    def hanging(hangs_from: int) -> Share:
        shares.append(Share(hangs_from))
        return shares[-1]

    yield hanging
    for one in shares:
        one.answers.set()


def test_a_share_that_hangs_is_told_once_and_not_asked_again(directory: Path, share: Callable[[int], Share]) -> None:
    hanging = share(1)
    witness = disk(directory, scan=hanging.scan)
    first, second = witness.ask(cached()), witness.ask(cached())
    assert first == second
    assert (first.says, first.why) == (Says.NOTHING, Why.NO_ANSWER)
    assert first.words == f"{directory} gave no answer within 60 seconds."
    assert hanging.scans == 1


def test_a_share_that_hangs_half_way_still_says_that_there_are_files(
    directory: Path, share: Callable[[int], Share]
) -> None:
    (directory / "F_Rain" / "zz.lock").touch()
    (directory / "F_Rain" / "Layers" / "a.lock").touch()
    found = disk(directory, scan=share(4).scan).ask(cached())
    assert (found.says, found.files) == (Says.THERE, None)
    assert "gave no answer within 60 seconds" in found.words


def test_a_share_that_hangs_leaves_half_of_the_time_to_the_others(
    directory: Path, share: Callable[[int], Share]
) -> None:
    run = run_of(deadline=40.0)
    found = CacheFolder(directory, SERVICE, run, lambda: None, share(1).scan).ask(cached())
    assert found.why is Why.NO_ANSWER
    assert run.left() > 0


def test_a_cancel_and_the_deadline_end_the_wait(directory: Path, share: Callable[[int], Share]) -> None:
    stopped = run_of(cancelled=lambda: True)
    with pytest.raises(Cancelled):
        CacheFolder(directory, SERVICE, stopped, lambda: None, share(1).scan).ask(cached())
    with pytest.raises(DeadlinePassed):
        CacheFolder(directory, SERVICE, run_of(0.0), lambda: None, share(1).scan).ask(cached())


def test_a_folder_that_goes_away_meanwhile_is_no_error(directory: Path) -> None:
    @contextmanager
    def scan(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        with os.scandir(folder) as entries:
            found = list(entries)
        if folder.endswith("Layers"):
            shutil.rmtree(directory / "F_Rain")
        yield iter(found)

    found = disk(directory, scan=scan).ask(cached())
    assert (found.says, found.files) == (Says.THERE, 1)


def test_a_password_in_a_directory_that_is_no_directory_is_not_told(tmp_path: Path) -> None:
    typed = tmp_path / "https://ann:canary@nas/share"
    told = [disk(typed).ask(cached()).words]
    typed.mkdir(parents=True)
    told.append(disk(typed).ask(cached()).words)
    (typed / "F_Rain").write_bytes(b"no folder")
    told.append(disk(typed).ask(cached()).words)
    with pytest.raises(CertificateFileError) as refused:
        read_certificates(typed / "ca.pem")
    told.append(str(refused.value))
    assert all("nas/share" in words and "canary" not in words for words in told)
