"""FHIR R4 before strangers: every ORU message of the corpus as a bundle that an independent validator judges, and results
through the running engine to somebody else's FHIR server, where a replay and a correction meet the same resources.
The judges stand in ../shared/tools and their libraries come from npm; where either is absent, the run says so.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent.parent
sys.path.insert(0, str(HERE.parent.parent))

import npm
from daemon import Daemon, free_port

MYELIN = os.environ.get("MYELIN", "build/debug/myelin")
SHARED = TREE.parent / "shared"
SAMPLES = TREE / "conf/channels/samples"
PATIENCE_SECONDS = 60
# Not convertible by anyone: no HL7, two batches, a backslash too many, no result, bytes of a character set nobody names.
NOT_RESULTS = 6

CONNECTIONS = """lis: {{ kind: mllp, listen: "127.0.0.1:{listen}" }}
ehr:
  kind: http
  url: http://127.0.0.1:{server}/fhir/R4
  content_type: application/fhir+json
  allow: [127.0.0.1]
"""

CHANNEL = """channel: results
about: results as FHIR
version: "2.5.1"
zone: Europe/Amsterdam
source: lis
duplicates: none
routes:
  ehr:
    to: ehr
    steps:
      - to_fhir: {{ map: oru, bundle: {bundle} }}
    retry: {{ first: 50ms, longest: 200ms }}
"""


def judge(name, modules):
    """A link to a tool of ../shared beside its libraries, so that it runs where it is and nothing is copied."""
    tool = SHARED / "tools" / name
    if not modules or not tool.exists():
        return None
    link = modules / name
    if not link.is_symlink():
        link.symlink_to(tool)
    return ["node", "--preserve-symlinks", "--preserve-symlinks-main", link]


class Corpus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.words = judge("fhir-oracle.mjs", npm.modules(HERE))

    def messages(self):
        manifest = SHARED / "corpus/MANIFEST.tsv"
        if not manifest.exists():
            print("no ../shared/corpus: nothing was converted")
            return []
        rows = [line.split("\t") for line in manifest.read_text().splitlines()[1:]]
        return [SHARED / "corpus" / row[0] for row in rows if row[4].startswith("ORU")]

    def convert(self, folder, bundle):
        conf = folder / "conf"
        (conf / "channels").mkdir(parents=True)
        (conf / "connections.yaml").write_text(CONNECTIONS.format(listen=0, server=1))
        (conf / "channels/results.yaml").write_text(CHANNEL.format(bundle=bundle))
        files = self.messages()

        def one(file):
            ran = subprocess.run([MYELIN, "try", "results", file, "--conf", conf, "--json"], capture_output=True)
            text = next((one.get("message", "") for one in json.loads(ran.stdout)["routes"][0]["deliveries"]), "") if ran.stdout else ""
            if not text.startswith('{"resourceType":"Bundle"'):
                return None
            (folder / f"{file.name}.json").write_text(text)
            return file, json.loads(text)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            made = [pair for pair in pool.map(one, files) if pair]
        print(f"ORU of the corpus as a {bundle}: {len(made)} of {len(files)} convert")
        return files, made

    def test_every_result_of_the_corpus_becomes_a_bundle_that_a_stranger_finds_valid(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            files, made = self.convert(folder, "transaction")
            self.assertGreaterEqual(len(made), len(files) - NOT_RESULTS)
            self.assert_nothing_is_lost(made)
            if not self.words:
                print("no judge of FHIR here: the bundles were not validated")
                return
            ran = subprocess.run([*self.words, *sorted(folder.glob("*.json"))], capture_output=True, text=True)
            print("validated by @medplum/core and required bindings:", ran.stdout.splitlines()[-1])
            self.assertIn(f"{len(made)} passed, 0 failed", ran.stdout, ran.stdout[-3000:] + ran.stderr[-1000:])

    def assert_nothing_is_lost(self, made):
        """As many Observations as OBX, and each is in a report or said of a specimen."""
        for file, bundle in made:
            text = file.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")
            if len(re.findall(rb"(?:^|\r)[\x0b ]*MSH", text)) > 1:
                continue  # a batch, of which `try` shows the first message
            wanted = len(re.findall(rb"(?:^|\r)[\x0b ]*OBX", text))
            kinds = collections.Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
            self.assertEqual(wanted, kinds["Observation"], file.name)


class Server:
    """The FHIR server of ../shared/tools on a free port."""

    def __init__(self, words):
        self.port = free_port()
        self.process = subprocess.Popen([*words, str(self.port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()

    def get(self, query):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/fhir/R4/{query}", timeout=20) as answer:
            return json.loads(answer.read())

    def all(self, kind):
        return [entry["resource"] for entry in self.get(f"{kind}?_count=1000").get("entry", [])]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def send(port, message):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(b"\x0b" + message + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = link.recv(4096)
            if not part:
                break
            answer += part
    return answer


class Through(unittest.TestCase):
    """lis -> the engine -> transactions -> a FHIR server."""

    def setUp(self):
        words = judge("fhirserver.mjs", npm.modules(HERE))
        self.server = Server(words) if words else None
        if not self.server:
            print("no FHIR server here: nothing was sent")
            return
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.daemon = Daemon(MYELIN, self.folder.name)
        self.daemon.write("connections.yaml", CONNECTIONS.format(listen=self.port, server=self.server.port))
        self.daemon.write("channels/results.yaml", CHANNEL.format(bundle="transaction"))
        self.daemon.start()

    def tearDown(self):
        if self.server:
            self.daemon.stop()
            self.server.stop()
            self.folder.cleanup()

    def wait_for(self, what, wanted):
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if what() == wanted:
                return
            time.sleep(0.1)
        self.assertEqual(wanted, what())

    def counts(self):
        kinds = ("Patient", "Practitioner", "ServiceRequest", "DiagnosticReport", "Observation", "Location")
        return {kind: len(self.server.all(kind)) for kind in kinds}

    def test_a_replay_and_a_correction_meet_the_same_resources(self):
        if not self.server:
            return
        message = (SAMPLES / "oru-cbc.hl7").read_bytes()
        self.assertIn(b"MSA|AA", send(self.port, message))
        once = {"Patient": 1, "Practitioner": 1, "ServiceRequest": 1, "DiagnosticReport": 1, "Observation": 3, "Location": 1}
        self.wait_for(self.counts, once)
        self.assertIn(b"MSA|AA", send(self.port, message))
        corrected = (SAMPLES / "oru-corrected.hl7").read_bytes()
        self.assertIn(b"MSA|AA", send(self.port, corrected))

        def haemoglobin():
            found = [one for one in self.server.all("Observation") if one["code"]["coding"][0]["code"] == "HGB"]
            return [(one["status"], one["valueQuantity"]["value"]) for one in found]

        self.wait_for(haemoglobin, [("corrected", 7.7)])
        self.assertEqual(once, self.counts())
        report = self.server.all("DiagnosticReport")[0]
        self.assertEqual("corrected", report["status"])
        patient = self.server.all("Patient")[0]
        self.assertEqual(f"Patient/{patient['id']}", report["subject"]["reference"])
        number = patient["identifier"][0]
        query = urllib.parse.quote(f"{number['system']}|{number['value']}")
        self.assertEqual(1, len(self.server.get(f"Patient?identifier={query}")["entry"]))


if __name__ == "__main__":
    unittest.main()
