"""The keys that a model knows at a place of its file."""

from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from edp.core.yaml.reader import KeyPath


def known_keys(model: type[BaseModel], keys: KeyPath) -> list[str]:
    """Names as they stand in the file."""
    annotation: object = model
    for key in keys:
        annotation = _annotation_below(annotation, key)
    return [alias for kind in _models_in(annotation) for alias in _aliases(kind)]


def _aliases(model: type[BaseModel]) -> dict[str, object]:
    fields = model.model_fields.items()
    return {field.alias or name: field.annotation for name, field in fields}


def _annotation_below(annotation: object, key: str | int) -> object:
    for model in _models_in(annotation):
        if key in _aliases(model):
            return _aliases(model)[str(key)]
    for container in _alternatives(annotation):
        if get_args(container) and not isinstance(container, type):
            return get_args(container)[-1]
    return None


def _models_in(annotation: object) -> list[type[BaseModel]]:
    return [
        kind
        for kind in _alternatives(annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    ]


def _alternatives(annotation: object) -> list[object]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _alternatives(one)]
    return [annotation]
