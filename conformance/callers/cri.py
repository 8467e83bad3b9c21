#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One call of the container runtime interface, as a kubelet makes it.

usage: cri.py MODULES SOCKET METHOD [REQUEST]

REQUEST is the message as JSON (protobuf's mapping, names as in cri.proto, whose module protoc has put
into the directory MODULES); so is the answer on standard output. Exit status 1 and the status' text on
standard error if the call fails.
"""
import sys

sys.path.insert(0, sys.argv[1])
import cri_pb2  # noqa: E402
import grpc  # noqa: E402
from google.protobuf import json_format, message_factory  # noqa: E402


def main():
    socket, name = sys.argv[2:4]
    service = cri_pb2.DESCRIPTOR.services_by_name["RuntimeService"]
    method = service.methods_by_name[name]
    factory = message_factory.MessageFactory()
    request = factory.GetPrototype(method.input_type)()
    json_format.Parse(sys.argv[4] if len(sys.argv) > 4 else "{}", request)
    with grpc.insecure_channel(f"unix://{socket}") as channel:
        call = channel.unary_unary(
            f"/{service.full_name}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=factory.GetPrototype(method.output_type).FromString,
        )
        try:
            answer = call(request, timeout=110, wait_for_ready=True)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
    print(json_format.MessageToJson(
        answer, preserving_proto_field_name=True, including_default_value_fields=True))


main()
