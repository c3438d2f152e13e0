"""A real Terraform provider whose world is a folder of JSON files: to edit one is drift.

Runs in a process of its own that Terraform starts. `world_server` has every kind of attribute;
`world_slow` is created only when a test allows it, so that Terraform can be killed meanwhile.
"""

import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from tf import runner, types
from tf.blocks import SetNestedBlock
from tf.iface import (
    CreateContext,
    DeleteContext,
    ImportContext,
    ReadContext,
    ReadDataContext,
    Resource,
    UpdateContext,
)
from tf.schema import Attribute, Block, Schema
from tf.utils import Diagnostics

State = dict[str, Any]
PATIENCE = 30.0
"""Seconds after which a slow creation gives up, so that nothing outlives a failed test."""


class World:
    """The provider: its configuration is the folder, and a token that no one may see."""

    def __init__(self) -> None:
        self.folder = Path()
        self.stopping = threading.Event()

    def get_model_prefix(self) -> str:
        return "world_"

    def full_name(self) -> str:
        return "registry.terraform.io/test/world"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        text = types.String()
        folder = Attribute("folder", text, required=True)
        token = Attribute("token", text, sensitive=True, optional=True)
        return Schema(attributes=[folder, token])

    def validate_config(self, diags: Diagnostics, config: State) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: State) -> None:
        self.folder = Path(config["folder"])
        self._note_the_process()

    def get_resources(self) -> list[type]:
        return [Server, Slow]

    def get_data_sources(self) -> list[type]:
        return [Lookup]

    def get_functions(self) -> list[type]:
        return []

    def new_resource(self, kind: type) -> Any:
        return kind(self)

    def new_data_source(self, kind: type) -> Any:
        return kind(self)

    def place(self, kind: str, name: str) -> Path:
        """The file of an object."""
        return self.folder / kind / f"{name}.json"

    def read(self, kind: str, name: str, diags: Diagnostics) -> State | None:
        """An object, None if it is gone; a file `broken` makes each read fail with its text."""
        broken = self.folder / "broken"
        if broken.exists():
            diags.add_error("The world cannot be read", broken.read_text(encoding="utf-8"))
        file = self.place(kind, name)
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def write(self, kind: str, state: State) -> State:
        """Keep an object as it is now."""
        file = self.place(kind, state["name"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(state), encoding="utf-8")
        return state

    def delete(self, kind: str, name: str) -> None:
        """Forget an object."""
        self.place(kind, name).unlink(missing_ok=True)

    def _note_the_process(self) -> None:
        """Say who runs, so that a test can look for orphans."""
        noted = self.folder / "processes"
        noted.mkdir(parents=True, exist_ok=True)
        (noted / str(os.getpid())).touch()


class _Stored(Resource):
    """What every resource does with its file."""

    name = ""

    def __init__(self, world: World) -> None:
        self.world = world

    @classmethod
    def get_name(cls) -> str:
        return cls.name

    def read(self, ctx: ReadContext, current: State) -> State | None:
        found = self.world.read(self.name, current["name"], ctx.diagnostics)
        return current if ctx.diagnostics.has_errors() else found

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        return self.world.write(self.name, planned | {"id": planned["name"]})

    def update(self, ctx: UpdateContext, current: State, planned: State) -> State | None:
        return self.world.write(self.name, planned)

    def delete(self, ctx: DeleteContext, current: State) -> None:
        self.world.delete(self.name, current["name"])

    def import_(self, ctx: ImportContext, id: str) -> State | None:
        return self.world.read(self.name, id, ctx.diagnostics)


class Server(_Stored):
    """An object with sensitive, computed, nested and replacing attributes."""

    name = "server"

    @classmethod
    def get_schema(cls) -> Schema:
        text = types.String()
        disk = Block(
            attributes=[
                Attribute("name", text, required=True),
                Attribute("key", text, sensitive=True, optional=True),
            ]
        )
        return Schema(
            version=1,
            attributes=[
                Attribute("id", text, computed=True),
                Attribute("name", text, required=True, requires_replace=True),
                Attribute("size", text, optional=True),
                Attribute("labels", types.Map(text), optional=True),
                Attribute("password", text, sensitive=True, optional=True),
                Attribute("token", text, sensitive=True, computed=True),
                Attribute("refusal", text, optional=True),
            ],
            block_types=[SetNestedBlock("disk", disk)],
        )

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        if planned.get("refusal"):
            ctx.diagnostics.add_error("The world refuses", planned["refusal"])
            return None
        token = f"token-{secrets.token_hex(8)}"
        return self.world.write(self.name, planned | {"id": planned["name"], "token": token})


class Slow(_Stored):
    """An object whose creation waits for the file `go`."""

    name = "slow"

    @classmethod
    def get_schema(cls) -> Schema:
        text = types.String()
        return Schema(
            version=1,
            attributes=[
                Attribute("id", text, computed=True),
                Attribute("name", text, required=True, requires_replace=True),
            ],
        )

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        (self.world.folder / "waiting").touch()
        ends_at = time.monotonic() + PATIENCE
        while not (self.world.folder / "go").exists() and time.monotonic() < ends_at:
            if self.world.stopping.wait(0.01):
                ctx.diagnostics.add_error("The creation was stopped", "It is not there.")
                return None
        return super().create(ctx, planned)


class Lookup:
    """Reads the size of a server."""

    def __init__(self, world: World) -> None:
        self.world = world

    @classmethod
    def get_name(cls) -> str:
        return "lookup"

    @classmethod
    def get_schema(cls) -> Schema:
        size = Attribute("size", types.String(), computed=True)
        return Schema(attributes=[Attribute("name", types.String(), required=True), size])

    def validate(self, diags: Diagnostics, type_name: str, config: State) -> None:
        pass

    def read(self, ctx: ReadDataContext, config: State) -> State | None:
        found = self.world.read("server", config["name"], ctx.diagnostics) or {}
        return config | {"size": found.get("size") or ""}


def main() -> None:
    """Speak to Terraform until it says that all is over."""
    world = World()

    class PatientShutdown(runner._ShutdownInterceptor):
        """The framework ends at the first word; a true provider ends what it does before."""

        def intercept_service(self, continuation: Any, details: Any) -> Any:
            if details.method.endswith("/StopProvider"):
                world.stopping.set()
                return continuation(details)
            return super().intercept_service(continuation, details)

    runner._ShutdownInterceptor = PatientShutdown
    runner.run_provider(world)
