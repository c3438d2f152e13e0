"""What every workflow has to keep to; each rule tells what is wrong, or nothing."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workflow_files import Workflow

FINAL = "done"
SETUP = "./.forgejo/actions/setup"
CONTEXTS = {"github", "inputs", "needs", "secrets", "vars"}
SETTINGS = ("EDP_PAUSED", "EDP_LEDGER_REPOSITORY", "EDP_CA_BUNDLE")
JOB_KEYS = {"if", "needs", "runs-on", "timeout-minutes", "steps"}
WRITER = re.compile(r'edp (?:(?:release|promote|reconcile|apply)\b(?!.*--pull-request)|"\$@")')
APPLIES = re.compile(r"edp (?:apply|drift)\b|set -- apply")
TURNS = ("edp-writers", "edp-terraform")
SECRET = re.compile(r"\bsecrets\.|\bgithub\.token\b")
STEP_ENV = re.compile(r"jobs/[^/]+/steps/\d+/env/[^/]+")

Rule = Callable[[Workflow], Iterator[str]]


def has_a_name(workflow: Workflow) -> Iterator[str]:
    """Without one, the contexts of two workflows are the same."""
    if not workflow.document.get("name"):
        yield "has no name"


def starts_safely(workflow: Workflow) -> Iterator[str]:
    """A filter on paths leaves a required context pending; the other gives secrets to forks."""
    if "pull_request_target" in workflow.triggers:
        yield "starts on pull_request_target"
    for event, filters in workflow.triggers.items():
        if isinstance(filters, Mapping) and filters.keys() & {"paths", "paths-ignore"}:
            yield f"{event} is filtered by paths"


def gives_pull_requests_no_secret(workflow: Workflow) -> Iterator[str]:
    """Whoever opens one says what runs."""
    if "pull_request" in workflow.triggers and "secrets." in workflow.text:
        yield "a pull request gets a secret"


def lets_writers_take_turns(workflow: Workflow) -> Iterator[str]:
    """One group of those that belong together, in which nothing is cancelled."""
    turns = [{"group": group, "cancel-in-progress": False} for group in TURNS]
    if _writing_steps(workflow) and workflow.document.get("concurrency") not in turns:
        yield "writes without taking its turn"


def hands_on_the_settings(workflow: Workflow) -> Iterator[str]:
    """Only the step's own environment brings the repository's variables to `edp`."""
    for step in _writing_steps(workflow):
        for name in SETTINGS:
            if step.get("env", {}).get(name) != f"${{{{ vars.{name} }}}}":
                yield f"{step['name']}: does not know {name}"


def has_only_keys_with_an_effect(workflow: Workflow) -> Iterator[str]:
    """Forgejo takes no notice of permissions, environment, continue-on-error and others."""
    for name, job in workflow.jobs.items():
        yield from (f"{name}: has {key}" for key in sorted(job.keys() - JOB_KEYS))


def runs_on_docker(workflow: Workflow) -> Iterator[str]:
    """The label that every Forgejo runner has; an unknown one waits for ever."""
    for name, job in workflow.jobs.items():
        if job.get("runs-on") != "docker":
            yield f"{name}: runs on {job.get('runs-on')}"


def times_out(workflow: Workflow) -> Iterator[str]:
    """The runner's own limit is hours; only clouds may take that long."""
    for name, job in workflow.jobs.items():
        minutes = job.get("timeout-minutes")
        applies = any(APPLIES.search(step.get("run", "")) for step in job["steps"])
        limit = 240 if applies else 30
        if not isinstance(minutes, int) or not 0 < minutes <= limit:
            yield f"{name}: has no timeout of at most {limit} minutes"


def uses_nothing_foreign(workflow: Workflow) -> Iterator[str]:
    """A few lines of git replace the usual checkout."""
    for step in workflow.steps():
        if step.get("uses", SETUP) != SETUP:
            yield f"{step['name']}: uses {step['uses']}"


def expands_nothing_inside_scripts(workflow: Workflow) -> Iterator[str]:
    """An expression in a script is code that somebody else wrote."""
    for step in workflow.steps():
        if "${{" in step.get("run", ""):
            yield f"{step['name']}: has an expression in its script"


def gives_secrets_to_steps_alone(workflow: Workflow) -> Iterator[str]:
    """By their environment, so that only the step that needs one has it."""
    for place, text in _texts(workflow.document):
        if SECRET.search(text) and not STEP_ENV.fullmatch(place):
            yield f"{place}: has a secret"


def keeps_secrets_off_command_lines(workflow: Workflow) -> Iterator[str]:
    """Everybody on the machine sees the arguments of a process."""
    for step in workflow.steps():
        for name, value in step.get("env", {}).items():
            used = re.search(rf"\$\{{?{name}\b", step.get("run", ""))
            if used and SECRET.search(str(value)):
                yield f"{step['name']}: expands {name}"


def reads_known_contexts(workflow: Workflow) -> Iterator[str]:
    """Local runners understand no other."""
    for place, text in _texts(workflow.document):
        for context in sorted(_contexts(place, text) - CONTEXTS):
            yield f"{place}: reads {context}"


def runs_one_command_in_each_job(workflow: Workflow) -> Iterator[str]:
    """A checkout, the setup, one `edp`."""
    for name, job in workflow.jobs.items():
        if name == FINAL:
            continue
        kinds = [_kind(step) for step in job["steps"]]
        if kinds != ["checkout", "setup", "edp"]:
            yield f"{name}: is {', '.join(kinds)}"


def ends_in_a_job_that_judges_all(workflow: Workflow) -> Iterator[str]:
    """A required job that is skipped counts as success."""
    if "pull_request" not in workflow.triggers:
        return
    final = workflow.jobs.get(FINAL, {})
    others = sorted(workflow.jobs.keys() - {FINAL})
    if final.get("if") != "always()" or sorted(final.get("needs", [])) != others:
        yield f"{FINAL}: does not always judge {', '.join(others)}"
        return
    results = final["steps"][0]["env"]["RESULTS"]
    yield from (f"{FINAL}: ignores {job}" for job in others if f"needs.{job}.result" not in results)


RULES: tuple[Rule, ...] = (
    has_a_name,
    starts_safely,
    gives_pull_requests_no_secret,
    lets_writers_take_turns,
    hands_on_the_settings,
    has_only_keys_with_an_effect,
    runs_on_docker,
    times_out,
    uses_nothing_foreign,
    expands_nothing_inside_scripts,
    gives_secrets_to_steps_alone,
    keeps_secrets_off_command_lines,
    reads_known_contexts,
    runs_one_command_in_each_job,
    ends_in_a_job_that_judges_all,
)


def problems(workflow: Workflow) -> list[str]:
    """What is wrong by all rules."""
    return [problem for rule in RULES for problem in rule(workflow)]


def _writing_steps(workflow: Workflow) -> list[Mapping[str, Any]]:
    return [step for step in workflow.steps() if WRITER.search(step.get("run", ""))]


def _kind(step: Mapping[str, Any]) -> str:
    script = step.get("run", "")
    commands = len(re.findall(r"^\s*edp ", script, re.MULTILINE))
    if step.get("uses") == SETUP:
        return "setup"
    if commands:
        return "edp" if commands == 1 else f"{commands} times edp"
    return "checkout" if "git checkout" in script else "something else"


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document, with its place like `jobs/a/steps/0/run`."""
    if isinstance(value, Mapping):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    else:
        yield place, str(value)
        return
    for key, child in children:
        yield from _texts(child, f"{place}/{key}".lstrip("/"))


def _contexts(place: str, text: str) -> set[str]:
    """The first words of all `a.b.c` in a text's expressions."""
    expressions = re.findall(r"\$\{\{(.*?)\}\}", text, re.DOTALL)
    if place.endswith("/if"):
        expressions.append(text)
    bare = [re.sub(r"'[^']*'", "", expression) for expression in expressions]
    return {word for one in bare for word in re.findall(r"(?<![\w.-])([a-z]\w*)\.", one)}
