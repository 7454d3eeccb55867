"""What this machine itself may lack: memory, disk, threads, files. It says nothing of a host."""

from __future__ import annotations

import errno

NO_ROOM = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOMEM,
    errno.ENOBUFS,
    errno.EMFILE,
    errno.ENFILE,
    errno.EAGAIN,
}


def is_want_of_room(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, MemoryError) or "start new thread" in str(error)
