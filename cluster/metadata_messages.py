"""The messages of ML Metadata's service that `cluster.metadata` uses.

The package ml-metadata wants an older protobuf than the other libraries, so they are described here. A description may
leave out fields: they are skipped.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any

SCALARS = {"TYPE_INT32", "TYPE_INT64", "TYPE_DOUBLE", "TYPE_STRING", "TYPE_BOOL"}
# NUMBER NAME TYPE; a star marks a list, `map` a map from text to Value.
MESSAGES = {
    "Value": "1 int_value int64, 2 double_value double, 3 string_value string, 4 struct Struct, 6 bool_value bool",
    "Context": "1 id int64",
    "Execution": "1 id int64, 3 state int32, 4 properties map, 5 custom_properties map, 7 type string",
    "Artifact": "1 id int64, 3 uri string, 4 properties map, 5 custom_properties map, 7 name string, 8 type string",
    "Event": "1 artifact_id int64, 2 execution_id int64, 3 path Path, 4 type int32",
    "Path": "1 steps Step*",
    "Step": "1 index int64, 2 key string",
    "Options": "1 max_result_size int32, 3 next_page_token string",
    "GetContextByTypeAndNameRequest": "1 type_name string, 2 context_name string",
    "GetContextByTypeAndNameResponse": "1 context Context",
    "GetExecutionsByContextRequest": "1 context_id int64, 2 options Options",
    "GetExecutionsByContextResponse": "1 executions Execution*, 2 next_page_token string",
    "GetEventsByExecutionIDsRequest": "1 execution_ids int64*",
    "GetEventsByExecutionIDsResponse": "1 events Event*",
    "GetArtifactsByIDRequest": "1 artifact_ids int64*",
    "GetArtifactsByIDResponse": "1 artifacts Artifact*",
}


@cache
def messages() -> SimpleNamespace:
    """Return the classes of MESSAGES, by name. Their package is ours: on the wire a message has no name."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="capstan/metadata.proto", package="capstan.metadata", syntax="proto2"
    )
    file.dependency.append(struct_pb2.DESCRIPTOR.name)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field_name, kind in (text.split() for text in fields.split(", ")):
            label = types.LABEL_REPEATED if kind.endswith("*") or kind == "map" else types.LABEL_OPTIONAL
            added = message.field.add(name=field_name, number=int(number), label=label)
            kind = kind.removesuffix("*")
            if kind == "map":
                _add_map(message, added)
            elif f"TYPE_{kind.upper()}" in SCALARS:
                added.type = types.Type.Value(f"TYPE_{kind.upper()}")
            else:
                added.type = types.TYPE_MESSAGE
                added.type_name = ".google.protobuf.Struct" if kind == "Struct" else f".capstan.metadata.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    find = pool.FindMessageTypeByName
    return SimpleNamespace(
        **{name: message_factory.GetMessageClass(find(f"capstan.metadata.{name}")) for name in MESSAGES}
    )


def _add_map(message: Any, added: Any) -> None:
    """Make a field a map: on the wire, a list of entries, each with a key and a value."""
    entry = message.nested_type.add(name=f"{''.join(part.title() for part in added.name.split('_'))}Entry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=9)
    entry.field.add(name="value", number=2, label=1, type=11, type_name=".capstan.metadata.Value")
    added.type, added.type_name = 11, f".capstan.metadata.{message.name}.{entry.name}"
