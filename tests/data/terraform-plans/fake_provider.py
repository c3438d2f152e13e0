# ruff: noqa: A002, ARG002 (the names of the arguments are given)
"""A Terraform provider for recording plans: its world is a folder with one JSON file an object.

A resource may have a sensitive value, a map that is sensitive as a whole, and a part that cannot be
changed. Deleting fails for names that begin with `stuck`, which leaves deposed objects behind.
"""

import json
import os
import uuid
from pathlib import Path

from tf import types
from tf.runner import run_provider
from tf.schema import Attribute, Schema

WORLD = Path(os.environ["FAKE_WORLD"])


class Server:
    def __init__(self, provider):
        self.provider = provider

    @classmethod
    def get_name(cls):
        return "server"

    @classmethod
    def get_schema(cls):
        text, texts = types.String(), types.Map(types.String())
        return Schema(
            attributes=[
                Attribute("id", text, computed=True),
                Attribute("name", text, required=True),
                Attribute("size", text, optional=True, requires_replace=True),
                Attribute("note", text, optional=True),
                Attribute("replicas", types.Number(), optional=True),
                Attribute("password", text, optional=True, sensitive=True),
                Attribute("tags", texts, optional=True),
                Attribute("settings", texts, optional=True, sensitive=True),
            ]
        )

    def validate(self, diags, type_name, config):
        pass

    def plan(self, ctx, current, planned):
        return planned

    def create(self, ctx, planned):
        return self._write(planned | {"id": f"{planned['name']}-{uuid.uuid4().hex[:6]}"})

    def read(self, ctx, current):
        file = WORLD / f"{current['id']}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def update(self, ctx, current, planned):
        return self._write(planned)

    def delete(self, ctx, current):
        if current["name"].startswith("stuck"):
            ctx.diagnostics.add_error("cannot delete", "the object is stuck")
            return
        (WORLD / f"{current['id']}.json").unlink(missing_ok=True)

    def import_(self, ctx, id):
        return json.loads((WORLD / f"{id}.json").read_text())

    def upgrade(self, ctx, version, old):
        return old

    def _write(self, values):
        (WORLD / f"{values['id']}.json").write_text(json.dumps(values))
        return values


class Image:
    def __init__(self, provider):
        self.provider = provider

    @classmethod
    def get_name(cls):
        return "image"

    @classmethod
    def get_schema(cls):
        text = types.String()
        return Schema(
            attributes=[
                Attribute("name", text, required=True),
                Attribute("id", text, computed=True),
            ]
        )

    def validate(self, diags, type_name, config):
        pass

    def read(self, ctx, config):
        return {"name": config["name"], "id": f"image-{config['name']}"}


class Fake:
    def get_model_prefix(self):
        return "fake_"

    def full_name(self):
        return "registry.terraform.io/example/fake"

    def get_provider_schema(self, diags):
        return Schema()

    def validate_config(self, diags, config):
        pass

    def configure_provider(self, diags, config):
        pass

    def get_resources(self):
        return [Server]

    def get_data_sources(self):
        return [Image]

    def get_functions(self):
        return []

    def new_resource(self, kind):
        return kind(self)

    def new_data_source(self, kind):
        return kind(self)


if __name__ == "__main__":
    run_provider(Fake())
