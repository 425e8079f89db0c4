"""The command line as a process of its own, as people meet it; a user's own settings are not asked."""

import os
import subprocess
import sys


def optmargin(*arguments, cwd=None, settings=None):
    """What ``optmargin`` says to arguments; a traceback fails the test.

    Args:
        arguments: as typed.
        cwd: where it is typed.
        settings: a settings file, in place of none.
    """
    environment = {name: value for name, value in os.environ.items() if name != "OPTMARGIN_SETTINGS"}
    environment |= {"HOME": "/nowhere", "COLUMNS": "200"}
    if settings is not None:
        environment["OPTMARGIN_SETTINGS"] = str(settings)
    done = subprocess.run(
        [sys.executable, "-m", "optmargin.hosts.terminal.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done
