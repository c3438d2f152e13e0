"""`edp promote` against the sandbox: one pull request for one stack and one environment."""

import pytest
import small_platform
from world import World

DEV = "environments/dev/web.yaml"
PROD = "environments/prod/eu1/web.yaml"
BRANCH = "promote/web/prod-eu1"


@pytest.fixture
def proven(world: World) -> World:
    """web 1.1.0 is healthy in test, and nothing waits for prod yet."""
    world.live_in_test("web", "1.1.0")
    return world


@pytest.fixture
def released(world: World) -> World:
    """web 1.1.0 is released."""
    world.release("web", "1.1.0")
    return world


def test_it_opens_one_pull_request_that_tells_everything(proven: World) -> None:
    before = proven.file(PROD)

    done = proven.edp("promote", "web", "--to", "prod-eu1")

    pull = proven.the_pull()
    assert (done.code, pull.title) == (0, "Promote web 1.0.0 → 1.1.0 to prod-eu1")
    assert (pull.head.label, pull.base.label, pull.user.login) == (BRANCH, "main", "edp-bot")
    for text in (
        "owned by `@team-web`",
        "1.0.0 → 1.1.0",
        "test, healthy since Mon 2026-11-23",
        "| … | approvals | 0 of 1 |",
        "| ✓ | released |",
        "More of web.",
        "environments/holds/prod-eu1/web.yaml",
        "<!-- edp:promotion web prod-eu1 1.1.0 -->",
    ):
        assert text in pull.body, text
    assert proven.policy(pull.head.sha) == ("pending", "approvals: 0 of 1")
    assert f"#{pull.number} keep 1.0.0 -> 1.1.0" in done.stdout
    assert proven.file(PROD, BRANCH) == before.replace(b"web/v1.0.0", b"web/v1.1.0")


def test_its_commit_changes_the_pin_alone_and_says_what_for(released: World) -> None:
    released.edp("promote", "web", "--to", "dev", FORGEJO_RUN_NUMBER="7")

    head = released.store.commit(released.head("promote/web/dev"))
    assert head.parents == (released.head(),)
    assert released.changed_files(released.head(), head.sha) == [DEV]
    assert head.author.email == "edp-bot@example.org"
    subject, _, trailers = head.message.partition("\n\n")
    assert subject == "Promote web 1.0.0 -> 1.1.0 to dev"
    assert trailers.splitlines() == [
        "Promoted-Stack: web",
        "Promoted-From: 1.0.0",
        "Promoted-To: 1.1.0",
        "Promoted-Environment: dev",
        f"Promoted-Run: {released.platform.server.url}/platform/edp/actions/runs/7",
    ]


def test_nothing_is_merged_however_open_the_gates_are(released: World) -> None:
    done = released.edp("promote", "web", "--to", "dev")

    assert done.code == 0, done.stderr
    assert released.the_pull().title == "Promote web 1.0.0 → 1.1.0 to dev"
    assert released.pin(DEV) == "1.0.0"


def test_a_second_run_writes_nothing(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    refs = released.refs()

    with released.watching() as writes:
        again = released.edp("promote", "web", "--to", "dev")

    assert (again.code, writes) == (0, [])
    assert released.refs() == refs


def test_a_dry_run_shows_the_decision_and_writes_nothing(released: World) -> None:
    refs = released.refs()

    with released.watching() as writes:
        done = released.edp("promote", "web", "--to", "dev", "--dry-run")

    assert (done.code, writes) == (0, [])
    assert released.refs() == refs
    assert "web dev: open 1.0.0 -> 1.1.0" in done.stdout


def test_json_is_one_document_with_the_decision(released: World) -> None:
    document = released.edp("promote", "web", "--to", "dev", "--json").document

    (decision,) = document["decisions"]
    assert (decision["stack"], decision["environment"]) == ("web", "dev")
    assert (decision["present"], decision["version"]) == ("1.0.0", "1.1.0")
    assert decision["pull"] == released.the_pull().number
    assert {gate["state"] for gate in decision["gates"]} == {"passed"}
    assert document["base"] == released.head()


def test_a_newer_version_takes_over_the_same_pull_request(released: World) -> None:
    released.edp("promote", "web", "--to", "dev")
    first = released.the_pull()
    released.release("web", "1.2.0")

    released.edp("promote", "web", "--to", "dev")

    pull = released.the_pull()
    assert (pull.number, pull.title) == (first.number, "Promote web 1.0.0 → 1.2.0 to dev")
    assert pull.head.sha != first.head.sha
    assert released.store.commit(pull.head.sha).parents == (released.head(),)
    assert released.changed_files(released.head(), pull.head.sha) == [DEV]
    assert released.policy(pull.head.sha)[0] == "pending"
    assert "edp:promotion web dev 1.2.0" in pull.body


def test_a_version_asked_for_by_name_is_kept_though_a_newer_one_appears(released: World) -> None:
    released.edp("promote", "web", "--to", "dev", "--version", "1.1.0")
    chosen = released.head("promote/web/dev")
    released.release("web", "1.2.0")

    released.edp("promote", "web", "--to", "dev")

    pull = released.the_pull()
    assert "\nPromotion-Choice: by name\n" in released.store.commit(chosen).message
    assert (pull.head.sha, pull.title) == (chosen, "Promote web 1.0.0 → 1.1.0 to dev")
    assert "1.2.0 comes next." in pull.body


def test_the_label_take_newest_ends_that(released: World) -> None:
    released.edp("promote", "web", "--to", "dev", "--version", "1.1.0")
    released.release("web", "1.2.0")
    label = released.as_user("root").create_label("edp/take-newest", color="#00ff00")
    released.the_pull().add_to_labels(label.id)

    released.edp("promote", "web", "--to", "dev")

    pull = released.the_pull()
    assert pull.title == "Promote web 1.0.0 → 1.2.0 to dev"
    assert list(pull.labels) == []
    assert "Promotion-Choice" not in released.store.commit(pull.head.sha).message


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: "\ufeff" + text, id="BOM"),
        pytest.param(lambda text: text.rstrip("\n"), id="no final newline"),
        pytest.param(
            lambda text: text.replace("refs/tags/web/v1.0.0 ", '"refs/tags/web/v1.0.0" '),
            id="quotes",
        ),
        pytest.param(
            lambda text: "# ours\n" + text.replace("  destination", "\n  # ⇣ where\n  destination"),
            id="comments",
        ),
    ],
)
def test_every_byte_but_the_pin_survives_the_whole_promotion(world: World, form: object) -> None:
    assert callable(form)
    written = form(small_platform.application("web", "1.0.0").decode()).encode()
    world.commit({DEV: written})
    world.settle()
    world.release("web", "1.1.0")
    before = world.head()

    world.reconcile()

    assert world.file(DEV) == written.replace(b"web/v1.0.0", b"web/v1.1.0")
    assert world.changed_files(before, world.head()) == [DEV]
