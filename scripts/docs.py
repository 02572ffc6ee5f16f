"""Renders the reference documentation from where it is declared; see scripts/docs."""

import builtins
import re
import subprocess
import sys
import tempfile
import types
import typing
from pathlib import Path
from typing import Any, get_args, get_origin

from google.protobuf import descriptor_pb2
from pydantic.fields import FieldInfo

from graph import behaviour, queries, schema
from graph.sources.records_markdown import render_records_markdown
from playbill import errors
from playbill.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Rendered by scripts/docs: change the source named below, not this file. -->\n"
# protobuf makes the classes in it when it is imported, so ty sees none of them.
pb: Any = descriptor_pb2
At = tuple[int, ...]  # where in its file a declaration stands, as protobuf counts
PACKAGE: At = (2,)  # and where it names its package, above which stands what the file is about


def main(check: bool) -> int:
    rendered = {
        ROOT / "docs" / "graph.md": graph_page(),
        ROOT / "docs" / "api.md": api_page(),
        ROOT / "docs" / "behaviour.md": behaviour_page(),
        ROOT / "docs" / "queries.md": queries_page(),
        ROOT / "docs" / "records.md": f"{GENERATED}\n{render_records_markdown()}",
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
    }
    drifted = [path for path, text in rendered.items() if _current(path) != text]
    for path in drifted:
        name = path.relative_to(ROOT)
        print(f"{name} has drifted: run scripts/docs" if check else f"wrote {name}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(rendered[path], encoding="utf-8")
    return 1 if check and drifted else 0


def _current(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def graph_page() -> str:
    parts = [
        GENERATED,
        "# The graph\n",
        _prose(schema.__doc__),
        f"From `graph/schema.py`, version {schema.VERSION}. Nodes and relationships marked "
        "*refresh* are written by `playbill refresh`, all others by an import.\n",
    ]
    for node in schema.NODES:
        by = " *(refresh)*" if node.written_by == "refresh" else ""
        parts += [f"## (:{node.label}){by}\n", _prose(node.__doc__), _properties(node.model_fields)]
        if node.has_embedding:
            parts.append("After a refresh it also has `embedding`, a vector of floats.\n")
    parts.append("## Relationships\n")
    for r in schema.RELATIONSHIPS:
        by = " *(refresh)*" if r.written_by == "refresh" else ""
        parts.append(f"### (:{r.start})-[:{r.type}]->(:{'|'.join(r.end)}){by}\n\n{r.about}\n")
        if r.properties:
            parts.append(_properties(r.properties.model_fields))
    statements = ";\n".join(schema.statements())
    parts.append(f"## Constraints and indexes\n\n```cypher\n{statements};\n```\n")
    return "\n".join(parts)


def behaviour_page() -> str:
    lines = ["| what happened | worth | fades | why |", "|---|---|---|---|"]
    lines += [f"| {e.kind.name} | {e.worth:g} | {e.fades} | {e.reason} |" for e in behaviour.TABLE]
    about = (
        f"From `graph/behaviour.py`, version {behaviour.VERSION} of the figures. A worth of 1 is "
        "one title watched to its end. Three clocks: what was done counts twice just now and half "
        "as much more within a week; what is *lasting* then fades by half-lives that each refresh "
        "chooses (a week to a year, or never), what fades by the *week* is gone in a few.\n"
    )
    return "\n".join(
        [GENERATED, "# What members do\n", _prose(behaviour.__doc__), about, *lines, ""]
    )


def _properties(fields: dict[str, FieldInfo]) -> str:
    lines = ["| property | type | meaning |", "|---|---|---|"]
    for name, field in fields.items():
        kind = _type(field.annotation)
        about = " ".join(filter(None, [field.description, _bounds(field)]))
        lines.append(f"| `{name}` | {kind} | {_cell(about)} |")
    return "\n".join(lines) + "\n"


def _bounds(field: FieldInfo) -> str:
    found = [
        f"{sign} {bound}"
        for rule in field.metadata
        for attribute, sign in {"ge": "≥", "le": "≤"}.items()
        if (bound := getattr(rule, attribute, None)) is not None
    ]
    return f"({', '.join(found)})" if found else ""


def _type(annotation: Any) -> str:
    first, *_ = get_args(annotation) or (None,)
    match get_origin(annotation):
        case typing.Annotated:
            return _type(first)
        case typing.Literal:
            return "one of " + ", ".join(map(str, get_args(annotation)))
        case typing.Union | types.UnionType:  # each is "or None"
            return f"{_type(first)}, optional"
        case builtins.tuple:
            return f"list of {_type(first)}s"
    return {str: "string", int: "integer", float: "float", bool: "boolean"}[annotation]


def queries_page() -> str:
    parts = [
        GENERATED,
        "# Named queries\n",
        "From `graph/cypher/analyst/`. Run one by `playbill query NAME param=value`, or paste the "
        "file into cypher-shell or Neo4j Browser after its `:param` lines.\n",
    ]
    for query in map(queries.named, queries.names()):
        parts += [f"## {query.name}\n", f"{query.about}\n"]
        if query.parameters:
            parts.append(_parameters(query.parameters))
        example = " ".join(f"{p.name}={p.value}" for p in query.parameters if not p.optional)
        parts.append(f"```sh\nplaybill query {query.name} {example}".rstrip() + "\n```\n")
        parts.append(f"{query.reading}\n")
    return "\n".join(parts)


def _parameters(parameters: tuple[queries.Parameter, ...]) -> str:
    lines = ["| parameter | type | meaning | |", "|---|---|---|---|"]
    for p in parameters:
        value = f"default `{p.value}`" if p.optional else f"for example `{p.value}`"
        lines.append(f"| `{p.name}` | {p.type} | {_cell(p.about)} | {value} |")
    return "\n".join(lines) + "\n"


def api_page() -> str:
    parts = [GENERATED, "# The API\n", "From `proto/playbill/v1/`. gRPC; reflection is on.\n"]
    parts += ["How calls and commands fail stands [at the end](#errors).\n"]
    services, messages, enums = [], [], []
    for file in _descriptors().file:
        comments = {
            tuple(place.path): _prose(place.leading_comments)
            for place in file.source_code_info.location
        }
        if file.service:
            parts.append(comments[PACKAGE])
        services += [_service(s, (6, i), comments) for i, s in enumerate(file.service)]
        messages += [_message(m, (4, i), comments) for i, m in enumerate(file.message_type)]
        enums += [_enum(e, (5, i), comments) for i, e in enumerate(file.enum_type)]
    return "\n".join(
        [*parts, *services, "## Messages\n", *messages, "## Enums\n", *enums, *_errors()]
    )


def _errors() -> list[str]:
    about = (
        "From `playbill/errors.py`. Commands end with 1 for a defect of Playbill's own, and with 2 "
        "for a command line that they do not understand. The server names the error as the reason "
        "in an `ErrorInfo`. Without one it answers INTERNAL for a defect, DEADLINE_EXCEEDED, and "
        "RESOURCE_EXHAUSTED where it sheds load.\n"
    )
    lines = ["| error | what is wrong | exit code | gRPC status |", "|---|---|---|---|"]
    lines += [
        f"| {error.__name__} | {_cell(error.__doc__ or '')} | {code} | {status} |"
        for error, (code, status) in errors.CODES.items()
    ]
    return ["## Errors\n", about, *lines, ""]


def _descriptors() -> Any:
    protos = sorted((ROOT / "proto" / "playbill" / "v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "descriptors"
        subprocess.run(
            [
                sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={ROOT / 'proto'}",
                "--include_source_info", f"--descriptor_set_out={out}", *map(str, protos),
            ],
            check=True,
        )  # fmt: skip
        found = pb.FileDescriptorSet.FromString(out.read_bytes())
    # Callers first: the service file is the one to read.
    found.file.sort(key=lambda file: (not file.service, file.name))
    return found


def _service(service: Any, at: At, comments: dict[At, str]) -> str:
    parts = [f"## {service.name}\n", comments.get(at, "")]
    for i, method in enumerate(service.method):
        asked, answered = _link(method.input_type), _link(method.output_type)
        parts += [f"### {method.name}({asked}) → {answered}\n", comments.get((*at, 2, i), "")]
    return "\n".join(parts)


def _message(message: Any, at: At, comments: dict[At, str]) -> str:
    parts = [f"### {message.name}\n", comments.get(at, "")]
    if message.field:
        parts.append("| field | type | meaning |\n|---|---|---|")
    for i, field in enumerate(message.field):
        about = _cell(comments.get((*at, 2, i), ""))
        parts.append(f"| `{field.name}` | {_field_type(field)} | {about} |")
    nested = [_message(m, (*at, 3, i), comments) for i, m in enumerate(message.nested_type)]
    nested += [_enum(e, (*at, 4, i), comments) for i, e in enumerate(message.enum_type)]
    return "\n".join([*parts, "", *nested])


def _enum(enum: Any, at: At, comments: dict[At, str]) -> str:
    parts = [
        f"### {enum.name}\n",
        comments.get(at, ""),
        "| value | number | meaning |\n|---|---|---|",
    ]
    for i, value in enumerate(enum.value):
        about = _cell(comments.get((*at, 2, i), ""))
        parts.append(f"| `{value.name}` | {value.number} | {about} |")
    return "\n".join([*parts, ""])


def _field_type(field: Any) -> str:
    if field.type_name:
        kind = _link(field.type_name)
    else:
        kind = pb.FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    if field.label == pb.FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {kind}"
    return f"optional {kind}" if field.proto3_optional else kind


def _link(type_name: str) -> str:
    name = type_name.rsplit(".", 1)[-1]
    return f"[{name}](#{name.lower()})" if type_name.startswith(".playbill.") else type_name[1:]


def readme(text: str) -> str:
    """The README with the table of settings between its two markers, where it has them."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or field.default is None else f"`{field.default}`"
        if field.default_factory:
            default = "the user's own, by platform"
        lines.append(
            f"| `PLAYBILL_{name.upper()}` | {default} | {_cell(field.description or '')} |"
        )
    table = "\n".join(lines)
    begin, end = "<!-- settings -->", "<!-- /settings -->"
    return re.sub(rf"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL)


def _prose(text: str | None) -> str:
    """A docstring or comment as Markdown paragraphs, without the indent of its source."""
    return "\n".join(line.strip() for line in (text or "").strip().splitlines()) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
