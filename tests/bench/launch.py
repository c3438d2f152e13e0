"""Starts one process and tells what it used, as JSON in a file.

It stands alone and stays small: what a process has used at most counts from the memory of the one
that started it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """launch.py RESULT FOLDER PROGRAM ARGUMENTS…"""
    result, folder, *argv = sys.argv[1:]
    begin = time.monotonic()
    process = subprocess.Popen(argv, cwd=folder)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    figures = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }
    Path(result).write_text(json.dumps(figures))


main()
