"""What a disk could hold after a power cut, and whether everything acknowledged is on it.

Usage: replay.py LOG DATABASE ACKNOWLEDGEMENTS server|writer CUTS SEED [--as-if-never-synced]

LOG is the shim's. ACKNOWLEDGEMENTS holds one JSON object a line: `at` is the length of LOG when the answer had been read,
so what it says must be on the disk after every cut at or behind that length. For each cut the files are rebuilt from the
log alone, in one of four ways to treat what no finished sync covers: it is gone, it is there, each write is there or not,
each sector of each write is there or not. Then SQLite opens the image as it would after a reboot.

Prints one line of JSON. With --as-if-never-synced the syncs are struck out of the log, so that a rig which can tell loses
acknowledged rows even from a sound server.
"""

import bisect
import json
import os
import random
import sqlite3
import struct
import sys
import tempfile

HEAD = struct.Struct("<BHQI")
MODES = ("drop", "keep", "random", "torn")
# The smallest unit that a disk writes whole. A larger one would only make the images kinder.
SECTOR = 512


class Write:
    """A change of one file that is not known to be on the disk yet."""

    __slots__ = ("at", "data", "kind", "number", "path")

    def __init__(self, number, kind, path, at, data):
        self.number, self.kind, self.path, self.at, self.data = number, kind, path, at, data


def read_log(path):
    """All records, and the length of the log after each."""
    with open(path, "rb") as file:
        # A view: the writes are most of the log, and a copy of each would double it.
        log = memoryview(file.read())
    records, ends, at = [], [], 0
    while at + HEAD.size <= len(log):
        kind, named, where, length = HEAD.unpack_from(log, at)
        end = at + HEAD.size + named + length
        if end > len(log):
            # The program was killed in the middle of a record: that write had not returned.
            break
        name = str(log[at + HEAD.size : at + HEAD.size + named], "utf-8")
        kind = chr(kind)
        data = log[end - length : end]
        if kind == "X":
            sys.exit(f"{name} was changed by {str(data, 'utf-8')}, which cannot be replayed")
        records.append((kind, name, where, data))
        ends.append(end)
        at = end
    return records, ends


def put(file, at, data):
    if len(file) < at:
        file.extend(bytes(at - len(file)))
    file[at : at + len(data)] = data


def resize(file, length):
    if length < len(file):
        del file[length:]
    else:
        file.extend(bytes(length - len(file)))


class Disk:
    """What is certainly on the disk, and what may be, as the log is read from its beginning."""

    def __init__(self, never_synced):
        self.sure = {}
        self.pending = []
        self.begun = {}
        self.never_synced = never_synced

    def take(self, number, record):
        kind, path, at, data = record
        if kind == "B":
            self.begun[at] = number
        elif kind == "E":
            begun = self.begun.pop(at)
            if not self.never_synced:
                self.settle(path, begun)
        else:
            self.pending.append(Write(number, kind, path, at, data))

    def settle(self, path, begun):
        """A finished sync of `path`: its earlier changes are sure. So are the names removed from its folder before, for a
        file system commits names in order with what it syncs."""
        folder, rest = os.path.dirname(path), []
        for change in self.pending:
            covered = change.path == path or change.kind == "U" and os.path.dirname(change.path) == folder
            if covered and change.number < begun:
                apply(self.sure, change, change.data)
            else:
                rest.append(change)
        self.pending = rest

    def image(self, mode, chance):
        """One state the disk may be in now."""
        files = {path: bytearray(content) for path, content in self.sure.items()}
        kept_names = set()
        for change in self.pending:
            if change.path in kept_names:
                # The old name was never removed, so what came later went into a file that has no name any more.
                continue
            here = {"drop": False, "keep": True}.get(mode, chance.random() < 0.5)
            if change.kind == "W" and mode == "torn":
                tear(files.setdefault(change.path, bytearray()), change, chance)
            elif here:
                apply(files, change, change.data)
            elif change.kind == "U":
                kept_names.add(change.path)
        return files


def apply(files, change, data):
    if change.kind == "U":
        files.pop(change.path, None)
    elif change.kind == "T":
        resize(files.setdefault(change.path, bytearray()), change.at)
    else:
        put(files.setdefault(change.path, bytearray()), change.at, data)


def tear(file, change, chance):
    """Some sectors of a write, in whatever order the disk took them; sometimes one breaks off inside."""
    at = 0
    while at < len(change.data):
        end = min(at + SECTOR - (change.at + at) % SECTOR, len(change.data))
        if chance.random() < 0.5:
            put(file, change.at + at, change.data[at:end])
        at = end
    if chance.random() < 0.1:
        put(file, change.at, change.data[: chance.randrange(len(change.data) + 1)])


def check_writer(on, acknowledged):
    there = {row for (row,) in on.execute("SELECT id FROM t")}
    return [told for told in acknowledged if told["row"] not in there]


def check_server(on, acknowledged):
    """Guest, address, invitation and letter belong together: each row of what was acknowledged is there. A user who was
    created has no invitation."""
    guests = {bytes(row) for (row,) in on.execute("SELECT id FROM users WHERE deleted_at IS NULL")}
    addresses = {key: bytes(row) for key, row in on.execute("SELECT address_key, object_id FROM addresses")}
    invitations = {bytes(row): bytes(user) for row, user in on.execute("SELECT id, user_id FROM invitations")}
    letters = {bytes(row) for (row,) in on.execute("SELECT invitation_id FROM outbox")}
    lost = []
    for told in acknowledged:
        guest = raw(told["guest"])
        whole = guest in guests and addresses.get(told["address"]) == guest
        if told["invitation"] is not None:
            invitation = raw(told["invitation"])
            whole = whole and invitations.get(invitation) == guest and invitation in letters
        if not whole:
            lost.append(told)
    return lost


def raw(name):
    """An id as the database keeps it."""
    return bytes.fromhex(name.replace("-", ""))


def torn_apart(on):
    """Transactions that are there by half: every write ends with its tenant's counter and audit head, so these must agree
    with what they count."""
    heads = "SELECT COUNT(*) FROM audit_heads h WHERE h.seq <> (SELECT MAX(a.seq) FROM audit a WHERE a.tenant_id = h.tenant_id)"
    gaps = "SELECT COUNT(*) FROM (SELECT 1 FROM audit GROUP BY tenant_id HAVING COUNT(*) <> MAX(seq))"
    guestless = "SELECT COUNT(*) FROM invitations i WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.tenant_id = i.tenant_id AND u.id = i.user_id)"
    return sum(on.execute(text).fetchone()[0] for text in (heads, gaps, guestless))


def judge(files, database, acknowledged, subject):
    """Opens one image. (acknowledged but missing, why it is corrupt or None)"""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            with open(os.path.join(folder, os.path.basename(path)), "wb") as file:
                file.write(content)
        on = sqlite3.connect(os.path.join(folder, os.path.basename(database)))
        try:
            verdict = on.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                return [], verdict
            if not on.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                return acknowledged, None
            if subject == "server":
                if acknowledged and torn_apart(on):
                    return [], "a transaction is there by half"
                return check_server(on, acknowledged) if acknowledged else [], None
            return check_writer(on, acknowledged), None
        except sqlite3.OperationalError as error:
            # Cut before the schema was there: then nothing may have been acknowledged.
            return (acknowledged, None) if "no such table" in str(error) else ([], str(error))
        except sqlite3.DatabaseError as error:
            return [], str(error)
        finally:
            on.close()


def pick_cuts(ends, told, cuts, chance):
    """Half of them anywhere, half right where an acknowledgement had been read: there the least may be missing."""
    at_acks = [bisect.bisect_left(ends, one["at"]) for one in told]
    picked = []
    for number in range(cuts):
        if number % 2 and at_acks:
            picked.append(min(chance.choice(at_acks), len(ends) - 1))
        else:
            picked.append(chance.randrange(len(ends)))
    # Each mode meets both kinds of cut.
    return sorted((cut, MODES[number // 2 % len(MODES)]) for number, cut in enumerate(picked))


def main():
    log, database, acknowledgements, subject, cuts, seed = sys.argv[1:7]
    never_synced = sys.argv[7:] == ["--as-if-never-synced"]
    records, ends = read_log(log)
    with open(acknowledgements, encoding="utf-8") as file:
        told = sorted((json.loads(line) for line in file), key=lambda one: one["at"])
    marks = [one["at"] for one in told]
    if not told or marks[-1] > ends[-1]:
        sys.exit("the log ends before the last acknowledgement, or there was none")
    chance = random.Random(int(seed))
    result = dict.fromkeys(("checked", "lost", "corrupt", "unsynced"), 0)
    why, disk, taken = [], Disk(never_synced), 0
    for cut, mode in pick_cuts(ends, told, int(cuts), chance):
        while taken <= cut:
            disk.take(taken, records[taken])
            taken += 1
        acknowledged = told[: bisect.bisect_right(marks, ends[cut])]
        missing, corrupt = judge(disk.image(mode, chance), database, acknowledged, subject)
        result["checked"] += len(acknowledged)
        result["lost"] += len(missing)
        result["corrupt"] += corrupt is not None
        result["unsynced"] += bool(disk.pending)
        if missing or corrupt:
            why.append(f"cut {cut} {mode}: {corrupt or missing[:2]}")
    # How much of the engine's machinery the log holds: pages carried into the database, and logs begun anew.
    result["carried"] = sum(kind == "W" and path == database for kind, path, _, _ in records)
    result["restarts"] = sum(kind == "W" and path == database + "-wal" and at == 0 for kind, path, at, _ in records)
    result.update(cuts=int(cuts), records=len(records), told=len(told), why=why[:5])
    print(json.dumps(result))


main()
