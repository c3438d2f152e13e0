"""Runs git's HTTP backend for one request and reads its answer as a CGI program's."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.forge.git_process import start_backend
from sandbox.http_messages import Request, Response

CHUNK = 64 * 1024


def git_answer(
    root: Path, place: str, request: Request, user: str, extra: dict[str, str]
) -> Response:
    """The backend's answer; its body is produced while it is read."""
    process = start_backend(_variables(root, place, request, user) | extra, request.body)
    headers = dict(_head(process))
    status = int(headers.pop("Status", "200").split()[0])
    return Response(status, headers, _Body(process))


def whole(response: Response) -> Response:
    """The same answer, read to its end."""
    body = response.body
    return response if isinstance(body, bytes) else _with_body(response, b"".join(body))


def _with_body(response: Response, body: bytes) -> Response:
    return Response(response.status, response.headers, body)


def _variables(root: Path, place: str, request: Request, user: str) -> dict[str, str]:
    given = {
        "CONTENT_TYPE": request.header("content-type"),
        "HTTP_CONTENT_ENCODING": request.header("content-encoding"),
        "GIT_PROTOCOL": request.header("git-protocol"),
        "REMOTE_USER": user,
    }
    return {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": place,
        "QUERY_STRING": request.raw_query,
        "REQUEST_METHOD": request.method,
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
    } | {name: value for name, value in given.items() if value}


def _head(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, str]]:
    if process.stdout is None:
        return
    while line := process.stdout.readline().strip():
        name, _, value = line.decode(errors="replace").partition(":")
        yield name, value.strip()


class _Body(Iterator[bytes]):
    """The rest of the answer. Closing ends the program, also when nothing was read: a generator
    that never began would leave it running."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __next__(self) -> bytes:
        pipe = self._process.stdout
        chunk = b"" if pipe is None or pipe.closed else pipe.read(CHUNK)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self) -> None:
        self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()
