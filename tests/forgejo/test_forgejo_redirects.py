"""The token follows a renamed repository, and goes nowhere else."""

import httpx
import pytest
from forgejo_loopback import NAME, REPO, Visitor, small_forge
from forgejo_recordings import TOKEN, client, repository

import forgejo
from sandbox.web import Request, Response, Router, Server

OLD = "/api/v1/repos/platform/old"


def moved(location: str, status: int = 301) -> Router:
    router = small_forge()
    answer = Response(status, {"Location": location, "Content-Type": "text/html"}, b"<a>")
    router.add("GET", OLD, lambda _request, _names: answer)
    router.add("PATCH", f"{OLD}/issues/1", lambda _request, _names: answer)
    return router


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_renamed_repository_is_read_under_its_new_name(visit: Visitor, status: int) -> None:
    with Server(moved(REPO, status), name="forgejo") as server:
        repo = visit(server.url).get_repo("platform/old")

    assert repo.full_name == NAME
    assert [line.path for line in server.log] == [OLD, REPO]


def test_a_base_url_with_a_path_keeps_it() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(301, headers={"Location": "/git/api/v1/version"})

    api = forgejo.Forgejo("https://a.example/git/", transport=httpx.MockTransport(handler))

    with pytest.raises(forgejo.MovedError):
        api.get_version()
    assert asked == ["/git/api/v1/version"] * 3


def test_no_redirect_leads_to_another_server(visit: Visitor) -> None:
    seen: list[Request] = []

    def trap(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    with Server(trap, name="elsewhere") as elsewhere:
        for target in (
            f"{elsewhere.url}{REPO}",
            f"//{elsewhere.url.removeprefix('http://')}{REPO}",
            f"/\\{elsewhere.url.removeprefix('http://')}{REPO}",
        ):
            with Server(moved(target), name="forgejo") as server:
                with pytest.raises(forgejo.MovedError):
                    visit(server.url).get_repo("platform/old")
                assert [line.path for line in server.log] == [OLD]

    assert seen == []


@pytest.mark.parametrize(
    "location",
    [
        "",
        "https://evil.example/api/v1/repos/platform/flow",
        "/user/login",
        "/api/v2/repos/platform/flow",
        "/api/v1/../../user/login",
        "/api/v1/%2e%2e/%2E%2E/user/login",
        "/api/v1/repos/a#b",
        "/api/v1/repos/a\\b",
        "/api/v1/repos/" + "x" * 70_000,
        "relative",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_out_of_the_api_is_not_followed(location: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(301, headers={"Location": location})

    with pytest.raises(forgejo.MovedError) as caught:
        client(handler).get_repo("platform/old")

    assert len(asked) == 1
    assert TOKEN not in str(caught.value)


def test_a_write_is_never_redirected(visit: Visitor) -> None:
    with Server(moved(f"{REPO}/issues/1"), name="forgejo") as server:
        issue = forgejo.issues.edit_issue

        with pytest.raises(forgejo.MovedError, match="renamed"):
            issue(repository(visit(server.url), "platform/old").place, 1, {"body": "b"})

    assert len(server.log) == 1


@pytest.mark.parametrize("status", [300, 304, 399])
def test_an_odd_redirect_is_no_answer(status: int) -> None:
    with pytest.raises(forgejo.MovedError):
        client(lambda _request: httpx.Response(status)).get_version()


@pytest.mark.parametrize("status", [203, 205, 206, 299])
def test_an_odd_success_is_no_success(status: int) -> None:
    with pytest.raises(forgejo.NotForgejoError):
        client(lambda _request: httpx.Response(status, json={"version": "17"})).get_version()
