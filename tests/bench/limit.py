"""The limit beside each figure: PostgreSQL's own pgbench, committing the same rows to the same server."""

import os
import re
import subprocess
import tempfile

from config.embedded import binaries


def pgbench(script: str, *, transactions: int, clients: int = 1) -> float:
    """Transactions a second, all clients together, each statement prepared once; `n` counts from 0 in a script."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                *(binaries() / "pgbench", "-n", "-M", "prepared", "-D", "n=0", "-f", file.name),
                *("-c", str(clients), "-j", str(min(clients, 2)), "-t", str(transactions // clients)),
                os.environ["DATABASE_URL"],
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(found[1])
