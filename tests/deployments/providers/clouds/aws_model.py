"""AWS's own description of Elastic Beanstalk, as botocore ships it: what may be asked and answered.

Requests are read, checked, and answers checked and written, all by the model of each operation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as Xml

import botocore.session
from botocore.validate import validate_parameters

Json = dict[str, Any]


@cache
def model() -> Any:
    return botocore.session.Session().get_service_model("elasticbeanstalk")


def read(body: bytes) -> tuple[str, Json]:
    """Return the operation and its parameters; raise where they are not as the model says."""
    sent = {name: values[0] for name, values in parse_qs(body.decode(), True).items()}
    name = sent.pop("Action")
    assert sent.pop("Version") == model().api_version
    operation = model().operation_model(name)
    asked = _parse(sent, operation.input_shape, "") if operation.input_shape else {}
    assert sent == {}, f"{name} knows no {', '.join(sent)}"
    if operation.input_shape:
        validate_parameters(asked, operation.input_shape)
    return name, asked


def written(name: str, answer: Json) -> bytes:
    """Return the XML of an answer; raise where it is not as the model says."""
    operation = model().operation_model(name)
    root = Xml.Element(f"{name}Response", xmlns=str(model().metadata["xmlNamespace"]))
    if operation.output_shape:
        validate_parameters(answer, operation.output_shape)
        wrapper = operation.output_shape.serialization["resultWrapper"]
        _write(Xml.SubElement(root, wrapper), operation.output_shape, answer)
    Xml.SubElement(Xml.SubElement(root, "ResponseMetadata"), "RequestId").text = "1-2-3"
    return Xml.tostring(root)


def refusal(code: str, message: str) -> bytes:
    root = Xml.Element("ErrorResponse", xmlns=str(model().metadata["xmlNamespace"]))
    error = Xml.SubElement(root, "Error")
    for tag, text in (("Type", "Sender"), ("Code", code), ("Message", message)):
        Xml.SubElement(error, tag).text = text
    return Xml.tostring(root)


def _parse(sent: dict[str, str], shape: Any, name: str) -> Any:
    """Take what belongs to a shape out of what was sent in the query protocol."""
    below = f"{name}." if name else ""
    firsts = {key.removeprefix(below).split(".")[0] for key in sent if key.startswith(below)}
    match shape.type_name:
        case "structure":
            members = shape.members.items()
            return {key: _parse(sent, each, below + key) for key, each in members if key in firsts}
        case "list":
            places = [f"{below}member.{place}" for place in range(1, 1000)]
            sent_ones = (place for place in places if any(key.startswith(place) for key in sent))
            return [_parse(sent, shape.member, place) for place in sent_ones]
        case "boolean":
            return {"true": True, "false": False}[sent.pop(name)]
        case "integer":
            return int(sent.pop(name))
        case "timestamp":
            return datetime.fromisoformat(sent.pop(name))
    return sent.pop(name)


def _write(parent: Xml.Element, shape: Any, value: Any) -> None:
    match shape.type_name:
        case "structure":
            for name, each in value.items():
                _write(Xml.SubElement(parent, name), shape.members[name], each)
        case "list":
            for each in value:
                _write(Xml.SubElement(parent, "member"), shape.member, each)
        case "timestamp":
            parent.text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case "boolean":
            parent.text = "true" if value else "false"
        case _:
            parent.text = str(value)
