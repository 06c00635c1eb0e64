"""A line to a server that can be cut, mended, and lose an answer."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

PIECE = 65_536


@dataclass
class Line:
    """Passes bytes on between whoever connects and a port of this machine."""

    to: int
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    is_cut: bool = False
    lost: int = 0
    _losing: bytes | None = None
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def cut(self) -> None:
        """Let nothing through any more."""
        self.is_cut = True
        for it in self._open:
            _hang_up(it)
        self._open.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self.is_cut = False

    def lose_answer_to(self, marker: bytes) -> None:
        """Pass the next request with these bytes on, and hang up instead of answering it."""
        self._losing = marker

    def serve(self) -> None:
        """Accept until the line is taken down."""
        while True:
            try:
                ours, _ = self.listening.accept()
            except OSError:
                return
            if self.is_cut:
                ours.close()
                continue
            theirs = socket.create_connection(("127.0.0.1", self.to))
            self._open += [ours, theirs]
            for way in ((ours, theirs, True), (theirs, ours, False)):
                threading.Thread(target=self._copy, args=way, daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, is_asking: bool) -> None:
        losing = False
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if is_asking and self._losing is not None and self._losing in piece:
                    self._losing, losing = None, True
                sink.sendall(piece)
                if losing:
                    self._lose(sink, source)
                    break
        _hang_up(source)
        _hang_up(sink)

    def _lose(self, server: socket.socket, client: socket.socket) -> None:
        """Wait for the rest of the request to be worked on, then leave."""
        client.settimeout(0.3)
        with contextlib.suppress(OSError):
            while piece := client.recv(PIECE):
                server.sendall(piece)
        threading.Event().wait(2)
        self.lost += 1


def _hang_up(it: socket.socket) -> None:
    with contextlib.suppress(OSError):
        it.shutdown(socket.SHUT_RDWR)
    it.close()


@contextlib.contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Lay a line for the length of the block."""
    line = Line(port)
    threading.Thread(target=line.serve, daemon=True).start()
    try:
        yield line
    finally:
        line.cut()
        _hang_up(line.listening)
