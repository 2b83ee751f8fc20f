"""Runs a server for as long as whoever started this process lives, and leaves nothing behind.

    python keeper.py '{"command": [...], "user": 65534 or null, "removes": [...]}'

The starter holds the other end of our standard input. However it ends, even killed, that end closes, and we stop the
server and delete the folders. Standard library only; a session of its own, so Ctrl-C reaches the starter alone.
"""

import json
import select
import shutil
import signal
import subprocess
import sys

LOOK_SECONDS = 0.5


def main() -> None:
    task = json.loads(sys.argv[1])
    user = task["user"]
    groups: list[int] | None = None if user is None else []
    server = subprocess.Popen(
        task["command"], stdin=subprocess.DEVNULL, cwd="/", user=user, group=user, extra_groups=groups
    )
    while server.poll() is None and not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
        pass
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    failed = server.wait()
    for folder in task["removes"]:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
