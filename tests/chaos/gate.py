"""A gate in the kernel: a process's system calls wait there until each is let through, or the process is killed.

So a process can be killed before any one of the steps by which it changes its disk or says something, without a line
of test code in it and without a debugger: a power cut between two steps is such a step that never happened. Seccomp's
user notification does it (seccomp_unotify(2), Linux 5.5); no rights are needed.
"""

import ctypes
import fcntl
import os
import platform
import select
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = {
    "x86_64": {"write": 1, "pwrite64": 18, "sendto": 44, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "rename": 82,
               "unlink": 87, "unlinkat": 263, "renameat": 264},
    "aarch64": {"unlinkat": 35, "renameat": 38, "ftruncate": 46, "write": 64, "pwrite64": 68, "fsync": 82,
                "fdatasync": 83, "sendto": 206},
}  # fmt: skip
_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _GET_NOTIF_SIZES, _NEW_LISTENER = 1, 3, 8
_NO_NEW_PRIVILEGES = 38
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_SIZES = (_NOTIFICATION.size, _ANSWER.size)
_libc = ctypes.CDLL(None, use_errno=True)


def is_available() -> bool:
    """Whether this kernel has such gates, in the shape that is known here."""
    machine = platform.machine()
    sizes = (ctypes.c_uint16 * 3)()
    if machine not in _SECCOMP or _libc.syscall(_SECCOMP[machine], _GET_NOTIF_SIZES, 0, sizes) != 0:
        return False
    return (sizes[0], sizes[1]) == _SIZES


def close_gate() -> int:
    """Put this process, and all that it starts, behind a gate; the descriptor by which another process opens it."""
    machine = platform.machine()
    numbers = sorted(_NUMBERS[machine].values())
    steps = [
        struct.pack("=HBBI", _LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        struct.pack("=HBBI", _JUMP_IF_EQUAL, 0, len(numbers) + 1, _AUDIT_ARCHITECTURE[machine]),
        struct.pack("=HBBI", _LOAD_WORD, 0, 0, _NUMBER_AT),
        *(
            struct.pack("=HBBI", _JUMP_IF_EQUAL, len(numbers) - position, 0, number)
            for position, number in enumerate(numbers)
        ),
        struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW),
        struct.pack("=HBBI", _RETURN, 0, 0, _ASK),
    ]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener = int(_libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _NEW_LISTENER, program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the kernel puts up no gate")
    return listener


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that waits at the gate."""

    name: str
    process: int
    arguments: tuple[int, ...]

    @property
    def path(self) -> str:
        """The file that it is about: the one written or synced, the one removed, or the new name of one renamed."""
        try:
            match self.name:
                case "rename":
                    return self._text(self.arguments[1])
                case "renameat":
                    return self._text(self.arguments[3])
                case "unlink":
                    return self._text(self.arguments[0])
                case "unlinkat":
                    return self._text(self.arguments[1])
                case _:
                    return str(Path(f"/proc/{self.process}/fd/{self.arguments[0]}").readlink())
        except OSError:  # The process has ended, or closed the file.
            return ""

    def _text(self, address: int) -> str:
        with Path(f"/proc/{self.process}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            return os.fsdecode(memory.read(4096).partition(b"\0")[0])


class Gate:
    """Lets the calls of a process through, one by one, until `stop_at` says that the process is not to make one."""

    def __init__(self, listener: int, kill: Callable[[], None], stop_at: Callable[[Call], bool]) -> None:
        """`kill` ends the process while the call waits. The descriptor `listener` is closed when it has ended."""
        self._listener = listener
        self._kill = kill
        self._stop_at = stop_at
        self._names = {number: name for name, number in _NUMBERS[platform.machine()].items()}
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="gate", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Return when the process behind the gate has ended."""
        self._thread.join()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        # Another event than a call alone means that no process is left behind the gate.
        while poll.poll()[0][1] & select.POLLIN:
            with suppress(FileNotFoundError, InterruptedError):  # The process ended while its call waited.
                self._answer_one()
        os.close(self._listener)

    def _answer_one(self) -> None:
        notification = bytearray(_NOTIFICATION.size)
        fcntl.ioctl(self._listener, _RECEIVE, notification)
        number, process, _, call, _, _, *arguments = _NOTIFICATION.unpack(notification)
        if not self.stopped.is_set() and self._stop_at(Call(self._names[call], process, tuple(arguments))):
            self.stopped.set()
            self._kill()
        else:
            fcntl.ioctl(self._listener, _SEND, _ANSWER.pack(number, 0, 0, _CONTINUE))
