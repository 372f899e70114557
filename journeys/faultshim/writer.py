"""A small writer for the rig to try itself on: one row per commit, and the log's length noted when the commit returned.

Usage: writer.py DATABASE ROWS SYNCHRONOUS      (FAULT_LOG is the log)

Prints one acknowledgement a line, as replay.py reads them.
"""

import json
import os
import sqlite3
import sys


def main():
    database, rows, synchronous = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if synchronous not in ("OFF", "NORMAL", "FULL"):
        sys.exit(f"no such setting: {synchronous}")
    on = sqlite3.connect(database, isolation_level=None)
    on.execute("PRAGMA journal_mode = WAL")
    on.execute(f"PRAGMA synchronous = {synchronous}")
    # Small, so that the log is carried over many times in a short run.
    on.execute("PRAGMA wal_autocheckpoint = 40")
    on.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, filling BLOB)")
    for row in range(rows):
        on.execute("INSERT INTO t VALUES (?, randomblob(900))", (row,))
        print(json.dumps({"at": os.stat(os.environ["FAULT_LOG"]).st_size, "row": row}))
    # No close: an orderly end would carry everything over, and a power cut is none.
    sys.stdout.flush()
    os._exit(0)


main()
