"""Run a module that ends when its parent does: python -m chatops.tether MODULE ARGUMENTS…"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
SUPERVISOR = "SHIPMATE_SUPERVISOR"  # the variable with its number


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this signal when the parent dies; elsewhere than on Linux do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def end_without_supervisor() -> None:
    """End with the supervisor, and at once where that died before this process had loaded.

    A supervisor that is started in its place has others; web would have its port no more.
    """
    end_with_parent()
    if number := os.environ.get(SUPERVISOR):
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
