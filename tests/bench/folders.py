"""Rows of folders: files taken, written and appended a second, and what watching costs at rest."""

import json
import os
import pathlib
import time

import engines
from figures import Figure, at_least, at_most

TAKEN, WRITTEN = 10_000, 2_000
WATCHED, WATCH_SECONDS = 100, 5
FOLDER_IN = """channel: {name}
about: a benchmark
source:
  file: {{ directory: "{directory}" }}
routes:
  out:
    when: {when}
    to: {to}
"""
LINES = "".join(f"OBX|{line}|NM|GLU^Glucose^L||{line}|mmol/l|4.0-6.0|N|||F|||20260101\r" for line in range(1, 32))


def message(number):
    """2 KB."""
    return (f"MSH|^~\\&|PC|W|M|H|20260101||ORU^R01|B{number}|P|2.5.1\rPID|1||4711^^^W^MR\r" + LINES).encode()


def fill(folder, count):
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:06}.hl7").write_bytes(message(number))


def until(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("it did not come to its end in time")
        time.sleep(0.05)


def moved_by_hand(folder):
    """The same files read and moved, one by one, with nothing kept: what the file system alone costs."""
    (folder / "done").mkdir()
    began = time.monotonic()
    for name in sorted(os.listdir(folder)):
        if name != "done":
            (folder / name).read_bytes()
            os.rename(folder / name, folder / "done" / name)
    return TAKEN / (time.monotonic() - began)


def written_by_hand(folder, count):
    """A file, fsync, rename, fsync of the folder; one after the other."""
    folder.mkdir()
    directory = os.open(folder, os.O_RDONLY)
    began = time.monotonic()
    for number in range(count):
        file = os.open(folder / ".part", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(file, message(number))
        os.fsync(file)
        os.close(file)
        os.rename(folder / ".part", folder / f"{number}.hl7")
        os.fsync(directory)
    os.close(directory)
    return count / (time.monotonic() - began)


def take(daemon, place):
    """Files a second, from when the first stands in done/ until the last does; each must be stored once."""
    inbox = place / "in"
    fill(inbox, TAKEN)
    daemon.write("channels/take.yaml", FOLDER_IN.format(name="take", directory=inbox, when="false", to=f'{{ file: "{place}" }}'))
    daemon.start()
    done = inbox / "done"
    until(lambda: done.is_dir() and any(done.iterdir()))
    began, first = time.monotonic(), sum(1 for _ in done.iterdir())
    until(lambda: sum(1 for _ in done.iterdir()) >= TAKEN)
    rate = (TAKEN - first) / (time.monotonic() - began)
    channel = json.loads(daemon.ask("status", "--json").stdout)["channels"][0]
    if channel["committed"] != TAKEN or channel["duplicates"] != 0:
        raise RuntimeError(f"{channel['committed']} stored and {channel['duplicates']} taken twice of {TAKEN}")
    return rate


def write(daemon, place, options):
    """Files (or messages of one file) a second through one lane."""
    inbox, out = place / "in", place / "out"
    fill(inbox, WRITTEN)
    out.mkdir()
    to = f'{{ file: {{ directory: "{out}", {options} }} }}'
    daemon.write("channels/write.yaml", FOLDER_IN.format(name="write", directory=inbox, when="true", to=to))
    daemon.start()

    def arrived():
        files = [path for path in out.iterdir() if not path.name.startswith(".")]
        return len(files) if "each" in options else sum(path.stat().st_size for path in files) // len(message(0))
    until(lambda: arrived() > 0)
    began, first = time.monotonic(), arrived()
    until(lambda: arrived() >= WRITTEN)
    return (WRITTEN - first) / (time.monotonic() - began)


def watch(daemon, place):
    """The share of one core, in percent, that 100 folders cost in which nothing happens."""
    for number in range(WATCHED):
        (place / f"w{number}").mkdir()
        daemon.write(f"channels/w{number}.yaml",
                     FOLDER_IN.format(name=f"w{number}", directory=place / f"w{number}", when="false", to=f'{{ file: "{place}" }}'))
    daemon.start()
    time.sleep(1)
    stat = pathlib.Path(f"/proc/{daemon.process.pid}/stat")

    def used():
        return sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    before = used()
    time.sleep(WATCH_SECONDS)
    return 100 * (used() - before) / WATCH_SECONDS


def fresh(work, *more):
    """`work` with an engine and a place of its own; the engine ends with it."""
    with engines.folder() as place:
        daemon = engines.Daemon(engines.MYELIN, place)
        try:
            return work(daemon, place, *more)
        finally:
            daemon.kill()


def files(small):
    """Files taken out of a folder, written into one, appended; the watch of 100 folders at rest."""
    taken, moved, written, appended, bare = [], [], [], [], []
    for _ in range(3 if small else engines.BLOCKS):
        with engines.folder() as place:
            fill(place / "by-hand", TAKEN)
            moved.append(moved_by_hand(place / "by-hand"))
            bare.append(written_by_hand(place / "out", 500))
        taken.append(fresh(take))
        written.append(fresh(write, "write: each"))
        appended.append(fresh(write, "write: append, name: all.hl7"))
    by_hand = "fsync of file and folder, by hand"
    return [Figure("files.taken", "files taken, 10,000 of 2 KB", "/s", taken, at_least(2000), "read and moved, nothing kept", moved, True),
            Figure("files.written", "files written, one lane, 2 KB", "/s", written, (), by_hand, bare, True),
            Figure("files.appended", "messages appended to one file, 2 KB", "/s", appended, (), by_hand, bare, True),
            Figure("files.watch", "idle watch of 100 folders: of one core", "%", [fresh(watch)], at_most(1))]
