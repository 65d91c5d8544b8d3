"""A site of a thousand channels, each with a test: checked, tested, started, and reloaded after an edit of one of them.

  tests/bench/thousand.py PATH/myelin     prints the four figures; tests/bench/run has them as `thousand`
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import engines
from daemon import Daemon
from figures import Figure, at_most, print_table

CHANNELS = 1_000
RELOADS = 7
CHANNEL = """channel: c{number}
about: Admissions of house {number}
version: "2.5.1"
zone: Europe/Amsterdam
source: {{ mllp: {{ listen: "127.0.0.1:0" }} }}
accept:
  types: [ADT^A01, ADT^A08]
  validate:
    - require: [PID-3]
steps:
  - drop: pre-admissions
    when: PV1-2 == "P"
  - use: normalise-names
  - map: {{ field: PID-8, table: sex, unmapped: park }}
  - date: {{ field: PID-7, out: yyyyMMdd }}
routes:
  lab:
    when: PV1-2 in ["I", "E"]
    to: lab{peer}
    steps:
      - set:
          MSH-5: LAB
          PV1-44: =coalesce(PV1-44, EVN-2)
      - delete: [ZPI]
tests:
  - it: tells the lab of an admission
    given: samples/a01.hl7
    expect:
      ack: AA
      lab: {{ PID-8: "2", PID-5.1: VERDONCK, MSH-5: LAB }}
"""
SAMPLE = ("MSH|^~\\&|PAS|WEST|LAB|WEST|20260304101500||ADT^A01^ADT_A01|B1|P|2.5.1\rEVN|A01|20260304101500\r"
          "PID|1||4400123^^^WEST^MR||Verdonck^Anna||19700115|F\rPV1|1|I|W3^304^2\rZPI|1|X\r")


def write(daemon):
    daemon.write("connections.yaml",
                 "".join(f'lab{peer}: {{ kind: mllp, connect: "127.0.0.1:{2601 + peer}" }}\n' for peer in range(10)))
    daemon.write("tables/sex.csv", "code,lab\nM,1\nF,2\n")
    daemon.write("blocks/normalise-names.yaml", "block: normalise-names\nsteps:\n  - set:\n      PID-5.1: =upper(PID-5.1)\n")
    daemon.write("channels/samples/a01.hl7", SAMPLE)
    for number in range(CHANNELS):
        daemon.write(f"channels/c{number}.yaml", CHANNEL.format(number=number, peer=number % 10))


def timed(*words):
    began = time.monotonic()
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    took = time.monotonic() - began
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words[1:3]))}: exit {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return took, done.stdout


def reloads(daemon, myelin):
    """Seconds of `myelin reload` after an edit, the start of the command among them; then with nothing edited."""
    after, idle = [], []
    for turn in range(RELOADS):
        path = daemon.conf / "channels/c500.yaml"
        path.write_text(re.sub("house 500.*", f"house 500, edited {turn}", path.read_text()))
        took, said = timed(myelin, "reload", "--socket", daemon.socket, "--json")
        if json.loads(said)["changed"] != ["c500"]:
            raise RuntimeError("the reload did not change c500 alone")
        after.append(took)
        idle.append(timed(myelin, "reload", "--socket", daemon.socket)[0])
    return after, idle


def measure(myelin):
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(myelin, folder)
        write(daemon)
        checked = [timed(myelin, "check", daemon.conf)[0] for _ in range(3)]
        tested, ran = [], []
        for _ in range(3):
            took, said = timed(myelin, "test", daemon.conf)
            tested.append(took)
            ran.append(float(re.search(r"0 failed, ([\d.]+) ms", said)[1]) / 1000)
        began = time.monotonic()
        daemon.start(60)
        started = time.monotonic() - began
        try:
            after, idle = reloads(daemon, myelin)
        finally:
            daemon.kill()
    return {"check_s": checked, "test_s": tested, "tests_alone_s": ran, "start_s": started, "reload_s": after, "reload_nothing_s": idle}


def thousand(small):
    """A site of a thousand channels, each with a test: checked, tested, started, reloaded after an edit of one of them."""
    found = measure(engines.MYELIN)
    reloaded = [1000 * each for each in found["reload_s"]]
    return [Figure("thousand.check", "1,000 channels: check", "s", found["check_s"], at_most(2)),
            Figure("thousand.tests", "1,000 tests", "s", found["tests_alone_s"], at_most(1)),
            Figure("thousand.tests.all", "    with compiling", "s", found["test_s"]),
            Figure("thousand.start", "1,000 channels: start to READY", "s", [found["start_s"]]),
            Figure("thousand.reload", "reload of one changed among 1,000", "ms", reloaded, at_most(100), "nothing changed",
                   [1000 * each for each in found["reload_nothing_s"]])]


if __name__ == "__main__":
    engines.MYELIN = pathlib.Path(sys.argv[1])
    print_table(thousand(False))
