"""Where files stand, and what a path holds."""

import pytest

from edp.core.promotion.pairs import Pair
from edp.core.repository.layout import (
    Classified,
    Kind,
    Layout,
    application_path,
    classify,
    freeze_path,
    hold_path,
    kustomization_path,
    stack_file_path,
    yank_path,
)
from edp.core.repository.promotion_graph import PromotionGraph
from edp.core.repository.reading import read_model

GRAPH = read_model(
    PromotionGraph,
    b"""\
apiVersion: edp/v1
argocds: {all: {context: all}}
environments:
  dev: {path: environments/dev, argocd: all, from: releases}
  prod: {path: environments/prod, argocd: all, from: [dev]}
  prod-eu1: {path: environments/prod/eu1, argocd: all, from: [prod]}
bots: {bot: edp-bot, gate: edp-gate, email: edp@example.org}
""",
    path="environments/promotion.yaml",
)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("environments/promotion.yaml", Classified(Kind.GRAPH)),
        ("environments/dev/web.yaml", Classified(Kind.APPLICATION, "dev", "web")),
        ("environments/prod/web.yaml", Classified(Kind.APPLICATION, "prod", "web")),
        ("environments/prod/eu1/web.yaml", Classified(Kind.APPLICATION, "prod-eu1", "web")),
        ("environments/prod/kustomization.yaml", Classified(Kind.KUSTOMIZATION, "prod")),
        ("environments/prod/settings/settings.yaml", Classified(Kind.OTHER)),
        ("environments/dev/README.md", Classified(Kind.OTHER, "dev")),
        ("environments/holds/prod-eu1/web.yaml", Classified(Kind.HOLD, "prod-eu1", "web")),
        ("environments/holds/web.yaml", Classified(Kind.OTHER)),
        ("environments/holds/Prod/web.yaml", Classified(Kind.OTHER)),
        (
            "environments/yanked/web/1.2.3.yaml",
            Classified(Kind.YANK, stack="web", version="1.2.3"),
        ),
        ("environments/yanked/web/v1.2.3.yaml", Classified(Kind.OTHER)),
        ("environments/freezes/x-mas.yaml", Classified(Kind.FREEZE, name="x-mas")),
        ("environments/freezes/x-mas.yml", Classified(Kind.OTHER)),
        ("stacks/web/stack.yaml", Classified(Kind.STACK_FILE, stack="web")),
        ("stacks/web/templates/stack.yaml", Classified(Kind.STACK_CONTENT, stack="web")),
        ("stacks/README.md", Classified(Kind.OTHER)),
        ("docs/web.yaml", Classified(Kind.OTHER)),
    ],
)
def test_a_path_tells_what_it_holds(path: str, what: Classified) -> None:
    assert classify(path, GRAPH) == what


def test_every_path_that_is_made_is_recognised() -> None:
    pair = Pair("web", "prod-eu1")
    layout = Layout.of(GRAPH)

    assert layout.classify(application_path(GRAPH, pair)).kind is Kind.APPLICATION
    assert layout.classify(kustomization_path(GRAPH, "prod-eu1")).kind is Kind.KUSTOMIZATION
    assert layout.classify(hold_path(pair)) == Classified(Kind.HOLD, "prod-eu1", "web")
    assert layout.classify(yank_path("web", "1.0.0-rc.1")).version == "1.0.0-rc.1"
    assert layout.classify(freeze_path("december")).name == "december"
    assert layout.classify(stack_file_path("web")).kind is Kind.STACK_FILE
