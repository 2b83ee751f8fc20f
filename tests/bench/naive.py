"""What most projects write first: look whether the event is known; if not, remember it, and then do what it says."""

import json
import os
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg

own = threading.local()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        take_in(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["id"])
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


def take_in(event: str) -> None:
    if not hasattr(own, "connection"):
        own.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    if own.connection.execute("SELECT 1 FROM bench_seen WHERE id = %s", [event]).fetchone() is None:
        own.connection.execute("INSERT INTO bench_seen VALUES (%s)", [event])
        own.connection.execute("INSERT INTO bench_effect VALUES (%s)", [event])
