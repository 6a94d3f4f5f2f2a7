"""Ends a worker with the process that started it, and with it all that it has started itself."""

import ctypes
import os
import signal
import sys
import threading
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess

from archgym.process_group import BoundGroup

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_groups: list[BoundGroup] = []  # This process's, once it has one; never ended but by its end.


def end_with_parent() -> None:
    """Has this process killed as soon as its parent is gone; to be called in a worker.

    Linux does it itself, whatever this process is busy with. Elsewhere, and if the parent was gone
    before the call, a thread does that waits for the parent's end of a pipe to be closed.

    What this process starts, such as Ray, is in its process group, which is killed with it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    _groups.append(BoundGroup())
    os.setpgid(0, _groups[-1].number)


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
