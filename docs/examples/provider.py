"""A service provider's own system, small: takes messages, keeps its orders in SQLite, says how they go. Python alone.

GRIDCAST_URL=http://localhost:8000 GRIDCAST_KEY=gck_... WEBHOOK_SECRET=whs_... PORT=9000 python provider.py
"""

import functools
import hashlib
import hmac
import json
import os
import sqlite3
import struct
import threading
import time
import urllib.error
import urllib.request
import zlib
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SERVER = os.environ.get("GRIDCAST_URL", "http://localhost:8000")
KEY = os.environ["GRIDCAST_KEY"]
SECRET = os.environ["WEBHOOK_SECRET"]
FILE = os.environ.get("PROVIDER_DB", "provider.db")
MINUTES = 5  # a message that is older, or newer, is nobody's
A_BUNDLE = 50  # updates that are sent together: at most 100, and each may need a photo that waits for it
UPDATES = """mutation ($input: WorkOrderUpdatesInput!) {
  workOrderUpdates(input: $input) { updates { outcome userErrors { code message } } userErrors { code message } } }"""
CREWS = "{ myServiceProviders { crews { id isActive } } }"
TABLES = """
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL);
CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, work_order TEXT, version INT, times INT, digest TEXT);
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, version INT, state TEXT, acted_on TEXT, seq INT DEFAULT 0);
CREATE TABLE IF NOT EXISTS outbox (work_order TEXT, seq INT, kind TEXT, more TEXT, outcome TEXT,
                                   PRIMARY KEY (work_order, seq));
"""
news = threading.Event()  # there is something to say


def database():
    connection = sqlite3.connect(FILE, timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def is_genuine(headers, body):
    """Signed by the server a moment ago, whichever of two secrets is just being changed."""
    timestamp, nonce = headers["X-Gridcast-Timestamp"], headers["X-Gridcast-Nonce"]
    if abs(time.time() - int(timestamp)) > MINUTES * 60:
        return False
    made = hmac.new(SECRET.encode(), f"{timestamp}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()
    shown = headers["X-Gridcast-Signature"].split(",")
    return any(hmac.compare_digest(f"v1={made}", one.strip()) for one in shown)


def take(headers, body):
    """Write a message down, with what follows from it: the status to answer. A second time it changes nothing."""
    try:
        if not is_genuine(headers, body):
            return 401
        message = json.loads(body)
    except (KeyError, TypeError, ValueError):
        return 400
    db = database()
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM nonces WHERE at < ?", (time.time() - 2 * MINUTES * 60,))
        if not db.execute(
            "INSERT OR IGNORE INTO nonces VALUES (?, ?)", (headers["X-Gridcast-Nonce"], time.time())
        ).rowcount:
            db.execute("ROLLBACK")
            return 409  # a replay: every attempt has a nonce of its own
        known = db.execute("SELECT 1 FROM messages WHERE id = ?", (message["deliveryId"],)).fetchone()
        digest = hashlib.sha256(body).hexdigest()
        db.execute(
            "INSERT INTO messages VALUES (?, ?, ?, 1, ?) ON CONFLICT (id) DO UPDATE SET times = times + 1",
            (message["deliveryId"], message.get("workOrderId"), message.get("version"), digest),
        )
        if known is None and message["kind"] != "RESYNC_REQUIRED":
            apply(db, message)
        db.execute("COMMIT")
    finally:
        db.close()
    news.set()
    return 204


def apply(db, message):
    """The rule of all streams: take what is newer than what one holds."""
    order, version = message["workOrderId"], message["version"]
    held = db.execute("SELECT version, acted_on, seq FROM orders WHERE id = ?", (order,)).fetchone()
    if held is not None and held[0] >= version:
        return
    state = "GONE" if message["workOrder"] is None else message["workOrder"]["state"]
    _, acted_on, seq = held or (0, "", 0)
    moment = f"{state}:{message['workOrder']['round']}" if message["workOrder"] else state
    if moment != acted_on:  # each moment is answered once, not each message
        for kind, more in decide(state, message):
            seq += 1
            db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, NULL)", (order, seq, kind, json.dumps(more)))
    db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?)", (order, version, state, moment, seq))


def decide(state, message):
    """What a dispatcher and a crew would do, and when. Yours is longer, and slower."""
    if state == "OFFERED" and "高空" in message["workOrder"]["task"]:
        return [("DECLINE", {"text": "无高空作业资质"})]
    if state == "OFFERED":
        return [("ACCEPT", {})]
    if state == "ACCEPTED":
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        return [("SCHEDULE", {"appointmentAt": tomorrow.isoformat()})]
    if state == "SCHEDULED":
        return [("START", {}), ("PROGRESS", {"text": "已到现场"}), ("SUBMIT", {"text": "已修补并清理现场"})]
    if state == "REJECTED":
        return [("START", {}), ("SUBMIT", {"text": f"已返工：{message['workOrder']['note']}"})]
    return []


def picture():
    """Stands for the crew's camera: a PNG of eight by eight grey points."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    points = b"".join(b"\0" + os.urandom(8) for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(points)) + part(b"IEND", b"")


def ask(path, body, media_type):
    """Until there is an answer: what became of the last attempt is not known and need not be."""
    headers = {"Content-Type": media_type, "Authorization": f"Bearer {KEY}"}
    for attempt in range(1_000_000):
        try:
            request = urllib.request.Request(f"{SERVER}{path}", body, headers)
            with urllib.request.urlopen(request, timeout=30) as answer:
                told = json.load(answer)
            if path != "/graphql" or told.get("data"):
                return told
        except urllib.error.HTTPError as error:
            if error.code in (400, 401, 403):
                raise  # the key has ended, or the program is wrong: trying again would not help
        except (OSError, ValueError):
            pass  # the server is away
        time.sleep(min(10, 0.2 * 2 ** min(attempt, 6)))


def query(document, **variables):
    body = json.dumps({"query": document, "variables": variables}).encode()
    return ask("/graphql", body, "application/json")["data"]


def say(bundle):
    """What became of each. The same bundle until there is an answer: a repeat is harmless."""
    said = query(UPDATES, input={"updates": bundle})["workOrderUpdates"]
    if said["userErrors"]:
        raise RuntimeError(said["userErrors"])  # of the bundle as a whole: the program is wrong
    return [one["outcome"] or one["userErrors"][0]["code"] for one in said["updates"]]


@functools.cache
def crew():
    """Who comes. Yours knows who is free."""
    [firm] = query(CREWS)["myServiceProviders"]
    for one in firm["crews"]:
        if one["isActive"]:
            return one["id"]
    raise SystemExit("nobody to send: your administrator names a crew at /provider")


def made_ready(db, order, seq, kind, more):
    """The update as it is sent. Its photo has gone ahead, and is the same when it is sent again."""
    if kind == "SCHEDULE":
        more["crew"] = crew()
    if kind == "SUBMIT" and "evidence" not in more:
        photo = ask("/files", picture(), "image/png")["id"]
        here = {"takenAt": datetime.now(UTC).isoformat(), "longitude": 120.62, "latitude": 31.31}
        more["evidence"] = [{"id": photo, "kind": "AFTER", **here}]
    db.execute("UPDATE outbox SET more = ? WHERE work_order = ? AND seq = ?", (json.dumps(more), order, seq))
    return {"workOrderId": order, "externalId": order, "externalSeq": seq, "kind": kind, **more}


def speak():
    """For ever: what is in the outbox, in order, a bundle at a time."""
    while True:
        news.clear()
        db = database()
        waiting = db.execute(
            "SELECT work_order, seq, kind, more FROM outbox WHERE outcome IS NULL ORDER BY rowid LIMIT ?", (A_BUNDLE,)
        ).fetchall()
        if waiting:
            outcomes = say([made_ready(db, *row[:3], json.loads(row[3])) for row in waiting])
            db.execute("BEGIN IMMEDIATE")
            for outcome, (order, seq, *_) in zip(outcomes, waiting, strict=True):
                db.execute("UPDATE outbox SET outcome = ? WHERE work_order = ? AND seq = ?", (outcome, order, seq))
            db.execute("COMMIT")
        db.close()
        if not waiting:
            news.wait(1)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        status = take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    database().executescript(TABLES)
    crew()
    threading.Thread(target=speak, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()


if __name__ == "__main__":
    main()
