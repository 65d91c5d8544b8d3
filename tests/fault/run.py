#!/usr/bin/env python3
"""The fault suite: the built engine against peers and disks that misbehave. One named test for each fault.

  MYELIN=build/debug/myelin tests/fault/run.py [Class.test_name …]
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import junit
from flood_test import Flood  # noqa: F401
from input_test import Input  # noqa: F401
from peer_test import Destination  # noqa: F401
from start_test import Configuration, Disk, Start  # noqa: F401

if __name__ == "__main__":
    junit.run_unittest("fault")
