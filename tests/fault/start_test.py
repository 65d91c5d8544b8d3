"""What may be wrong with the configuration, the machine or the store at the start, and what is then said."""

import socket
import sqlite3
import subprocess
import time

from daemon import NotReady
from mllp import Peer, Sender, code_of, message
from site_under_test import MYELIN, Site


class Configuration(Site):
    """`myelin check` and `myelin run` refuse the same mistakes, with file:line:column, and start nothing."""

    def assert_refused(self, text, *wanted, name="adt"):
        self.engine(Peer(listening=False, port=1), start=False)
        self.daemon.write(f"channels/{name}.yaml", text)
        checked = subprocess.run([MYELIN, "check", str(self.daemon.conf)], capture_output=True, text=True, timeout=20)
        self.assertEqual(checked.returncode, 1, checked.stdout + checked.stderr)
        for words in (*wanted, r"adt\.yaml"):
            self.assertRegex(checked.stdout + checked.stderr, words)
        with self.assertRaises(NotReady) as refused:
            self.daemon.start()
        self.assertEqual(refused.exception.code, 1)
        for words in wanted:
            self.assertRegex(refused.exception.said, words)

    def channel(self, **changes):
        self.engine(Peer(listening=False, port=1), start=False)
        text = (self.daemon.conf / "channels" / "adt.yaml").read_text()
        for old, new in changes.values():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def test_an_unknown_option_gets_a_suggestion(self):
        self.assert_refused(self.channel(a=("timeout", "timout")), r"error\[C\d{4}\]", "timeout")

    def test_a_duplicate_key_is_refused_at_its_line(self):
        self.assert_refused(self.channel() + "about: again\n", r"error\[C\d{4}\].*about", r"adt.yaml:\d+:1")

    def test_a_tab_in_the_indentation_is_refused(self):
        self.assert_refused(self.channel(a=("    to:", "\tto:")), r"error\[C\d{4}\].*[Tt]ab")

    def test_a_table_that_is_not_there_is_named(self):
        steps = "    steps:\n      - map: { field: \"PID[1]-8\", table: no-such-table, unmapped: park }\n"
        self.assert_refused(self.channel() + steps, r"error\[C\d{4}\].*no-such-table")

    def test_an_empty_file_is_refused(self):
        self.assert_refused("", r"error\[C\d{4}\]")

    def test_an_unknown_connection_is_named(self):
        text = self.channel()
        text = text[:text.index("    to:")] + "    to: nowhere\n"
        self.assert_refused(text, "C0031", "nowhere")

    def test_all_mistakes_are_said_at_once(self):
        text = self.channel(a=("timeout", "timout"), b=("first: 100ms", "first: soon"))
        self.assert_refused(text, "timout", "soon")

    def test_a_key_that_cannot_be_read_is_named(self):
        tls = f"    tls: {{ certificate: {self.folder}/none.pem, key: {self.folder}/none.key }}\n    listen: 127"
        self.assert_refused(self.channel(a=("    listen: 127", tls)), r"M0602", r"none\.(pem|key)")


class Start(Site):
    def test_a_port_in_use_is_named_and_the_other_channels_run(self):
        peer = self.peer()
        self.engine(peer, start=False)
        taken = self.port
        with socket.create_server(("127.0.0.1", taken)):
            self.engine(peer, name="other")
            self.assert_says("M0601")
            self.assert_takes("OTHER", peer)

    def test_a_store_that_another_instance_holds_is_left_alone(self):
        peer = self.peer()
        self.engine(peer)
        second = type(self.daemon)(MYELIN, self.folder / "second")
        self.addCleanup(second.kill)
        second.store = self.daemon.store
        with self.assertRaises(NotReady) as refused:
            second.start()
        self.assertIn("M0504", refused.exception.said)
        self.assertNotEqual(refused.exception.code, 0)
        self.assert_takes("STILL-HERE", peer)

    def database(self):
        return next(path for path in self.daemon.store.rglob("*.db") if "search" not in path.name)

    def test_a_store_of_a_newer_version_is_left_alone(self):
        peer = self.peer()
        self.engine(peer)
        self.assert_takes("BEFORE", peer)
        self.assertEqual(self.daemon.stop(), 0)
        with sqlite3.connect(self.database()) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
        before = self.database().read_bytes()
        with self.assertRaises(NotReady) as refused:
            self.daemon.start()
        self.assertIn("M0505", refused.exception.said)
        self.assertEqual(self.database().read_bytes(), before)

    def test_a_file_that_is_no_store_is_left_alone(self):
        peer = self.peer()
        self.engine(peer)
        self.assertEqual(self.daemon.stop(), 0)
        path = self.database()
        path.write_bytes(b"a letter to a friend, by chance under this name\n" * 200)
        with self.assertRaises(NotReady) as refused:
            self.daemon.start()
        self.assertRegex(refused.exception.said, "M05(10|02)")
        self.assertTrue(path.read_bytes().startswith(b"a letter"))


class Disk(Site):
    """Disks of their own, in memory: 32 MiB, of which 16 are the reserve."""

    def mounted(self, *options):
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(("size=32m", *options)), "tmpfs", str(disk)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=True)
        return disk

    def test_a_directory_that_cannot_be_written_is_named(self):
        disk = self.mounted("ro")
        self.engine(self.peer(), start=False)
        self.daemon.store = disk / "store"
        with self.assertRaises(NotReady) as refused:
            self.daemon.start()
        self.assertIn("M0506", refused.exception.said)
        self.assertIn(str(disk), refused.exception.said)

    def test_a_full_disk_refuses_new_messages_delivers_the_rest_and_resumes_by_itself(self):
        disk, peer = self.mounted(), self.peer()
        self.engine(peer, start=False)
        self.daemon.store = disk / "store"
        self.daemon.start()
        ballast, taken, refusal = disk / "ballast", [], None
        ballast.write_bytes(b"b" * 4 * 1024 * 1024)
        with Sender(self.port) as sender:
            for number in range(400):
                answer = sender.ask(message(f"BULK-{number}", note="x" * 100_000))
                if code_of(answer) != "AA":
                    refusal = answer
                    break
                taken.append(f"BULK-{number}")
        self.assertIsNotNone(refusal, "forty megabytes went into thirty-two")
        self.assertEqual(code_of(refusal), "AE", refusal)
        self.assert_says("M0501")
        self.assertTrue(peer.wait_for(len(taken)), "the reserve stopped what was to be delivered")
        self.assertEqual(peer.ids(), taken)
        ballast.unlink()
        self.assert_resumes()
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(self.daemon.running())

    def assert_resumes(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with Sender(self.port) as sender:
                if code_of(sender.ask(message(f"AGAIN-{time.monotonic_ns()}"))) == "AA":
                    return
            time.sleep(0.2)
        self.fail("space came back, admission did not")
