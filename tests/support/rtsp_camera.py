"""A network camera on loopback: RTSP (RFC 2326), its video as MPEG-TS in RTP (RFC 2250), over one TCP connection."""

import base64
import struct
from collections.abc import Sequence
from contextlib import suppress
from email import message_from_string
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Final

import cv2

from models.images import RgbImage
from tests.support.serving import Serving

_PACKETS: Final = 7 * 188
"""Bytes of MPEG-TS in one RTP packet."""

_MPEG_TS: Final = 33  # RTP's payload type
_DESCRIPTION: Final = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:video\r\n"
_ANSWERS: Final = {
    "OPTIONS": "Public: DESCRIBE, SETUP, PLAY\r\n\r\n",
    "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(_DESCRIPTION)}\r\n\r\n{_DESCRIPTION}",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n",
    "PLAY": "Session: 1\r\n\r\n",
}


class RtspCamera(Serving):
    """Plays frames once to whoever asks with the right `user:password`; then hangs up, or falls `silent`."""

    def __init__(self, frames: Sequence[RgbImage], folder: Path, *, user: str, silent: bool = False) -> None:
        self.stream = _encoded(frames, folder / "camera.ts")
        self.authorisation = "Basic " + base64.b64encode(user.encode()).decode()
        self.silent = silent
        server = _Server(("127.0.0.1", 0), self)
        super().__init__(server)
        self.address = f"127.0.0.1:{server.server_address[1]}/live"


def _encoded(frames: Sequence[RgbImage], path: Path) -> bytes:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 25, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path.read_bytes()


class _Server(ThreadingTCPServer):
    def __init__(self, address: tuple[str, int], camera: RtspCamera) -> None:
        super().__init__(address, _Handler)
        self.camera = camera


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        camera = self.server.camera
        with suppress(OSError):  # A client that left.
            while request := self.rfile.readline().decode():
                method, header = request.split()[0], self._header()
                if method == "DESCRIBE" and header.get("Authorization") != camera.authorisation:
                    self._answer(header, '401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"', "\r\n")
                else:
                    self._answer(header, "200 OK", _ANSWERS.get(method, "\r\n"))
                if method == "PLAY":
                    self._play(camera.stream)
                    if camera.silent:
                        camera.over.wait()
                    return

    def _header(self) -> "dict[str, str]":
        lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), "")
        return dict(message_from_string("\n".join(lines)).items())

    def _answer(self, header: "dict[str, str]", status: str, rest: str) -> None:
        self.wfile.write(f"RTSP/1.0 {status}\r\nCSeq: {header['CSeq']}\r\n{rest}".encode())

    def _play(self, stream: bytes) -> None:
        for number, start in enumerate(range(0, len(stream), _PACKETS)):
            packet = struct.pack(">BBHII", 0x80, _MPEG_TS, number, number * 3000, 1) + stream[start : start + _PACKETS]
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
