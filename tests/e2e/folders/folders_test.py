"""Real folders and the tools that people use on them: cp, mv, ln, tar, rsync and a slow writer put files in, inotifywait and
ls watch what comes out; and disks that are full (a small tmpfs, where it can be mounted). A tool that is not here is named
and left out.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from daemon import OneDaemon


CHANNEL = """channel: folders
about: from one folder to another
version: "2.5.1"
source: {{ file: {{ directory: "{inbox}", pattern: "*.hl7", settle: 300ms, every: 200ms }} }}
routes:
  out:
    to: {{ file: {{ directory: "{outbox}", name: "{{control_id}}.hl7" }} }}
    retry: {{ first: 50ms, longest: 200ms }}
"""


def message(number, size=4000):
    text = f"MSH|^~\\&|PC|W|M|H|20260101||ORU^R01|{number}|P|2.5.1\rPID|1||4711^^^W^MR\rOBX|1|TX|T||{'x' * size}\r"
    return text.encode()


def is_here(tool):
    if shutil.which(tool):
        return True
    print(f"{tool} is not here and is not met")
    return False


class Folders(OneDaemon):
    def setUp(self):
        super().setUp()
        self.inbox, self.outbox, self.aside = (self.folder / name for name in ("in", "out", "aside"))
        for path in (self.inbox, self.outbox, self.aside):
            path.mkdir()

    def start(self):
        self.daemon.write("channels/folders.yaml", CHANNEL.format(inbox=self.inbox, outbox=self.outbox))
        self.daemon.start()

    def run_tool(self, *words, **more):
        subprocess.run([*map(str, words)], check=True, capture_output=True, **more)

    def file(self, number, size=4000):
        path = self.aside / f"{number}.hl7"
        path.write_bytes(message(number, size))
        return path

    def names(self):
        return sorted(path.name for path in self.outbox.iterdir() if not path.name.startswith("."))

    def assert_arrives(self, numbers, size=4000):
        self.daemon.wait_until(lambda: self.names() == sorted(f"{number}.hl7" for number in numbers), f"{numbers} did not arrive")
        for number in numbers:
            self.assertEqual(message(number, size), (self.outbox / f"{number}.hl7").read_bytes())
        done = sorted(path.name for path in (self.inbox / "done").iterdir())
        self.assertEqual(len(numbers), len(done), done)

    def test_a_sender_that_waits_for_its_answer_may_use_one_name_for_all(self):
        """As the PCs of laboratories do. The next result stands there within a millisecond of the answer."""
        channel = CHANNEL.replace('settle: 300ms', 'settle: 0s, answers: answers')
        self.daemon.write("channels/folders.yaml", channel.format(inbox=self.inbox, outbox=self.outbox))
        self.daemon.start()
        ready = [self.file(number) for number in range(150)]
        for number, path in enumerate(ready):
            path.rename(self.inbox / "result.hl7")
            answer = self.inbox / "answers" / ("result.hl7.ack" if number == 0 else f"result.hl7.{number}.ack")
            end = time.monotonic() + 10
            while not os.path.exists(answer):
                self.assertLess(time.monotonic(), end, f"result {number} is not answered")
        self.daemon.wait_until(lambda: len(os.listdir(self.inbox / "done")) == 150, "not all are put away")
        self.assert_arrives(list(range(150)))

    def test_whatever_tool_brings_a_file_it_is_taken_once_and_whole(self):
        self.start()
        sent = ["CP", "MV", "LN", "TAR", "SLOW"]
        self.run_tool("cp", self.file("CP"), self.inbox)
        self.run_tool("mv", self.file("MV"), self.inbox)
        self.run_tool("ln", self.file("LN"), self.inbox / "LN.hl7")
        (self.aside / "LN.hl7").unlink()   # a second name of a file is set aside until it is the only one
        self.file("TAR")
        packed = subprocess.run(["tar", "-C", self.aside, "-c", "TAR.hl7"], check=True, capture_output=True).stdout
        self.run_tool("tar", "-C", self.inbox, "-x", input=packed)
        if is_here("rsync"):
            self.run_tool("rsync", self.file("RSYNC"), f"{self.inbox}/")
            sent.append("RSYNC")
        with open(self.inbox / "SLOW.hl7", "wb") as file:   # as an upload over a slow line: it stands there, and grows
            content = message("SLOW")
            for at in range(0, len(content), 500):
                file.write(content[at:at + 500])
                file.flush()
                time.sleep(0.1)
        self.assert_arrives(sent)

    def test_a_watcher_of_the_other_folder_never_meets_half_a_file(self):
        if not is_here("inotifywait"):
            return
        watcher = subprocess.Popen(["inotifywait", "-m", "-q", "-e", "create,moved_to,close_write", "--format", "%e %f",
                                    self.outbox], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        self.start()
        for number in range(20):
            self.run_tool("mv", self.file(number), self.inbox)
        self.assert_arrives(list(range(20)))
        watcher.terminate()
        seen = [line.split() for line in watcher.stdout.read().splitlines()]
        shown = [(event, name) for event, name in seen if not name.startswith(".")]
        self.assertTrue(shown)
        for event, name in shown:   # a name that a reader takes only ever comes by a rename or a link of what is complete
            self.assertNotIn("CLOSE_WRITE", event, name)

    def test_names_that_play_tricks_are_neither_followed_nor_lost(self):
        secret = self.aside / "secret.hl7"
        secret.write_bytes(message("SECRET"))
        os.symlink(secret, self.inbox / "link.hl7")
        (self.inbox / "two\nlines.hl7").write_bytes(message("NEWLINE"))
        (self.inbox / "-rf.hl7").write_bytes(message("OPTION"))
        (self.inbox / ".hidden.hl7").write_bytes(message("HIDDEN"))
        (self.inbox / "escape.hl7").write_bytes(message("../../escape"))
        self.start()
        self.daemon.wait_until(lambda: len(self.names()) == 3, "the others were held up")
        self.assertIn("NEWLINE.hl7", self.names())
        self.assertTrue((self.inbox / ".hidden.hl7").exists())
        self.assertTrue(secret.exists())
        self.assertFalse((self.outbox / "SECRET.hl7").exists())
        self.assertEqual([], [path.name for path in self.folder.iterdir() if path.suffix == ".hl7"])
        for name in self.names():
            self.assertNotIn("/", name)

    def test_a_folder_that_goes_and_comes_back_is_read_again(self):
        self.start()
        self.run_tool("mv", self.inbox, self.folder / "gone")
        time.sleep(0.5)
        self.inbox.mkdir()
        self.run_tool("cp", self.file("BACK"), self.inbox)
        self.assert_arrives(["BACK"])

    def mounted(self, place, *options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"no small disk can be mounted here, and none was filled: {done.stderr.strip()}")
            return False
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=True)
        return True

    def test_a_full_disk_where_files_go_is_waited_for_and_nothing_is_lost_or_half(self):
        if not self.mounted(self.outbox, "size=256k"):
            return
        (self.outbox / ".ballast").write_bytes(b"b" * 200_000)
        self.start()
        numbers = [f"D{number}" for number in range(6)]
        for number in numbers:
            self.run_tool("mv", self.file(number, 30_000), self.inbox)
        self.daemon.wait_until(lambda: (self.daemon.ask_json("status") or {}) and self.names() != [] and len(self.names()) < 6 and
                        len(list((self.inbox / "done").glob("*"))) == 6, "the disk did not fill")
        for name in self.names():
            self.assertEqual(message(name.removesuffix(".hl7"), 30_000), (self.outbox / name).read_bytes())
        (self.outbox / ".ballast").unlink()
        self.assert_arrives(numbers, 30_000)

    def test_a_full_disk_where_files_come_from_takes_each_once(self):
        if not self.mounted(self.inbox, "size=256k"):
            return
        numbers = [f"S{number}" for number in range(3)]
        for number in numbers:
            self.run_tool("cp", self.file(number, 20_000), self.inbox)
        try:
            with open(self.inbox / "ballast", "wb") as file:
                while True:
                    file.write(b"b" * 4096)
                    file.flush()
        except OSError:
            pass
        self.start()
        self.daemon.wait_until(lambda: len(self.names()) == 3, "the files were not taken")
        (self.inbox / "ballast").unlink(missing_ok=True)
        self.daemon.wait_until(lambda: len(list((self.inbox / "done").glob("*"))) == 3, "there is room, and they are not put away")
        self.assert_arrives(numbers, 20_000)


if __name__ == "__main__":
    unittest.main()
