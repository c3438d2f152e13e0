"""`edp release` against the sandbox."""

from world import World


def test_a_version_is_tagged_at_the_commit_that_introduced_it(world: World) -> None:
    import small_platform

    commit = world.commit(small_platform.stack_files("web", "1.1.0"))

    done = world.edp("release")

    assert done.code == 0, done.stderr
    store = world.platform.forge.repository("platform/edp").store
    assert store.commit_of("refs/tags/web/v1.1.0") == commit
