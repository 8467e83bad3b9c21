#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A registry on loopback that misbehaves on request, and an image for it.

usage: registry-server.py image DIR SIZE...    an OCI layout with one layer of each size in bytes
       registry-server.py images DIR COUNT SIZE    app:0, app:1 ...: each shares layers with the others
       registry-server.py serve DIR [--tls CERT KEY] [--address IP] [--log FILE] [--ready FILE]

The first part of a repository's name chooses what goes wrong (see `Handler`): `plain/app:1` is served
as it should be, `cut/app:1` with connections that break, and so on. Each request is a line of JSON in
the log: method, path, whether it was authorized, its Range, and how many bytes of body went out and
came in.
"""
import base64
import hashlib
import http.server
import io
import json
import os
import pathlib
import socket
import ssl
import sys
import tarfile
import threading
import time
import urllib.parse

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
MIB = 1 << 20


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """An OCI layout in the making."""

    def __init__(self, folder):
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        self.entries = []

    def put(self, data, media_type):
        (self.blobs / digest_of(data)[7:]).write_bytes(data)
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}

    def layer(self, number, size):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            member = tarfile.TarInfo(f"file{number}")
            # Random, so that no two images share a layer by accident.
            member.size = max(0, size - 10240)
            archive.addfile(member, io.BytesIO(os.urandom(member.size)))
        return self.put(buffer.getvalue(), "application/vnd.oci.image.layer.v1.tar")

    def image(self, name, layers):
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/true"]},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }).encode()
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.put(config, "application/vnd.oci.image.config.v1+json"),
            "layers": layers,
        }).encode()
        entry = self.put(manifest, MANIFEST)
        entry["annotations"] = {"org.opencontainers.image.ref.name": name}
        self.entries.append(entry)

    def finish(self):
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self.folder / "index.json").write_text(
            json.dumps({"schemaVersion": 2, "manifests": self.entries}))


def make_image(folder, sizes):
    layout = Layout(folder)
    layout.image("app:1", [layout.layer(*layer) for layer in enumerate(sizes)])
    layout.finish()


def make_images(folder, count, size):
    """Image N has the layers 0, N and N + 1 of as many as there are: each pair shares one or two."""
    layout = Layout(folder)
    layers = [layout.layer(number, size + 4096 * number) for number in range(count + 1)]
    for number in range(count):
        chosen = [layers[0], layers[number], layers[number + 1]]
        layout.image(f"app:{number}", chosen if number else chosen[1:])
    layout.finish()


def make_maze():
    """Six indexes, each of which names the next one twenty times: 64 million ways to nothing."""
    documents, manifests = [], []
    for _ in range(7):
        data = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()
        documents.append(data)
        entry = {"mediaType": INDEX, "digest": digest_of(data), "size": len(data)}
        manifests = [entry] * 20
    return {digest_of(data): data for data in documents} | {"1": documents[-1]}


class State:
    """What all connections share."""

    def __init__(self, folder, log):
        self.blobs = folder / "blobs" / "sha256"
        self.index = folder / "index.json"
        self.log = open(log, "a", buffering=1) if log else None
        self.lock = threading.Lock()
        self.counts = {}
        self.uploads = {}
        self.active = 0
        self.pushed = {}
        self.maze = make_maze()
        self.referrers = {}

    def tagged(self, tag):
        """What a tag of the layout stands for; what it hasn't is its first image."""
        entries = json.loads(self.index.read_text())["manifests"]
        names = "org.opencontainers.image.ref.name"
        tags = {entry["annotations"][names].split(":")[-1]: entry["digest"]
                for entry in entries if names in entry.get("annotations", {})}
        return tags.get(tag, entries[0]["digest"])

    def count(self, key):
        """How often it was asked for before."""
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key] - 1


class Lazy:
    """A file of which only the range that is asked for is read."""

    def __init__(self, file):
        self.file = file

    def __len__(self):
        return self.file.stat().st_size

    def __getitem__(self, place):
        with open(self.file, "rb") as source:
            source.seek(place.start)
            return source.read(place.stop - place.start)


class Cut(Exception):
    """The connection is to break now."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A head and its body are two writes, of which the second must not wait for an answer.
    disable_nagle_algorithm = True
    state = None
    sent = 0
    received = 0

    def log_message(self, *_):
        pass

    # --- frame ---------------------------------------------------------------------------------

    def handle_any(self):
        self.sent = self.received = 0
        self.fault = ""
        if self.path == "/active":
            # How many requests of others are still at work, those of killed clients among them.
            return self.answer(200, str(self.state.active).encode())
        with self.state.lock:
            self.state.active += 1
        try:
            self.route()
        except (Cut, BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
            try:
                # A reset, as a machine does that goes down, and not the end of a stream.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self.state.log:
            self.state.log.write(json.dumps({
                "method": self.command, "path": self.path, "sent": self.sent, "received": self.received,
                "host": self.server.server_address[0],
                "authorization": self.headers.get("Authorization", ""),
                "range": self.headers.get("Range", ""),
                "content_range": self.headers.get("Content-Range", ""),
            }) + "\n")
        with self.state.lock:
            self.state.active -= 1
        return None

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.write(body)

    def write(self, data):
        self.wfile.write(data)
        self.sent += len(data)

    def read(self, length):
        """Reads as it comes: what a killed client has sent counts, and stays."""
        data = bytearray()
        while len(data) < length:
            piece = self.rfile.read1(min(65536, length - len(data)))
            if not piece:
                break
            data += piece
            self.received += len(piece)
            if self.fault == "slowupload":
                time.sleep(0.004)
        return data

    def error(self, status, code, **headers):
        body = json.dumps({"errors": [{"code": code, "message": f"made up by {self.fault}"}]})
        self.answer(status, body.encode(), **headers)

    @property
    def base(self):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        return f"{scheme}://{self.headers['Host']}"

    # --- routes --------------------------------------------------------------------------------

    def route(self):
        path = urllib.parse.urlsplit(self.path).path
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        if path == "/v2/":
            return self.answer(200, b"{}")
        if path == "/token":
            return self.token(query)
        if path == "/v2/_catalog":
            names = ["team/app", "\x1b]0;mine\x07", "two\nlines", "UPPER", "a/b:tag"]
            return self.answer(200, json.dumps({"repositories": names}).encode())
        if path.startswith("/elsewhere/"):
            return self.blob(path.split("/")[-1], "plain")
        parts = path.split("/")
        if len(parts) < 5 or parts[1] != "v2":
            return self.error(404, "NOT_FOUND")
        self.fault = parts[2]
        self.repository = "/".join(parts[2:4])
        if not self.is_authorized():
            return None
        kind, rest = parts[4], "/".join(parts[5:])
        if kind == "manifests":
            return self.manifest(rest)
        if kind == "referrers":
            return self.referrers(rest)
        if kind == "tags":
            return self.tags(query)
        if rest.startswith("uploads"):
            return self.upload(rest, query)
        return self.blob(rest, self.fault)

    def is_authorized(self):
        header = self.headers.get("Authorization", "")
        realms = {
            "token": f"{self.base}/token", "expiring": f"{self.base}/token",
            "metadata": "http://169.254.169.254/token", "inward": "https://127.0.0.1:1/token",
            "downgrade": f"http://{self.headers['Host']}/token",
        }
        if self.fault in ("basic", "away"):
            wanted = "Basic " + base64.b64encode(b"me:secret").decode()
            if header != wanted:
                self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="here"')
                return False
        elif self.fault in realms:
            issued = header.startswith("Bearer token-")
            # A token of the second kind is good for two requests.
            stale = self.fault == "expiring" and self.state.count(header) >= 2
            if not issued or stale:
                self.error(401, "UNAUTHORIZED", WWW_Authenticate=(
                    f'Bearer realm="{realms[self.fault]}",service="here",'
                    f'scope="repository:{self.repository}:pull"'))
                return False
        return True

    def token(self, query):
        number = self.state.count("tokens")
        self.answer(200, json.dumps({"token": f"token-{number}", "expires_in": 300}).encode())

    def manifest(self, reference):
        if self.command == "PUT":
            data = bytes(self.read(int(self.headers["Content-Length"])))
            self.state.pushed[f"{self.repository}:{reference}"] = data
            if self.fault == "overtaken" and self.state.count("overtaken") < 2:
                # Somebody else, who had not seen it, puts another one under the same tag.
                other = json.loads(data)
                other["layers"] = [other["layers"][-1] | {"annotations": {"number": str(len(data))}}]
                theirs = json.dumps(other).encode()
                self.state.pushed[f"{self.repository}:{reference}"] = theirs
                (self.state.blobs / digest_of(theirs)[7:]).write_bytes(theirs)
            (self.state.blobs / digest_of(data)[7:]).write_bytes(data)
            headers = {"Docker_Content_Digest": digest_of(data)}
            document = json.loads(data)
            if self.fault == "refs" and "subject" in document:
                subject = document["subject"]["digest"]
                self.state.referrers.setdefault(subject, []).append({
                    "mediaType": document["mediaType"], "digest": digest_of(data),
                    "size": len(data), "artifactType": document.get("artifactType"),
                    "annotations": document.get("annotations", {}),
                })
                headers["OCI_Subject"] = subject
            return self.answer(201, **headers)
        if self.fault == "maze" and reference in self.state.maze:
            return self.answer(200, self.state.maze[reference], Content_Type=INDEX)
        name = f"{self.repository}:{reference}"
        digest = self.state.tagged(reference)
        if reference.startswith("sha256:"):
            digest = reference
        elif reference.startswith("sha256-"):
            digest = "sha256:none"
        if name in self.state.pushed:
            digest = digest_of(self.state.pushed[name])
        file = self.state.blobs / digest[7:]
        if not file.exists():
            return self.error(404, "MANIFEST_UNKNOWN")
        body = file.read_bytes()
        content_type = json.loads(body).get("mediaType", MANIFEST)
        headers = {"Content_Type": content_type, "Docker_Content_Digest": digest}
        if self.fault == "manifestdigest":
            body += b" "
        if self.fault == "manifestendless":
            return self.endless(MANIFEST)
        return self.answer(200, body, **headers)

    def referrers(self, digest):
        """Only `refs` has the list, one entry a page; for the others clients keep one under a tag."""
        if self.fault != "refs":
            return self.error(404, "NOT_FOUND")
        found = self.state.referrers.get(digest, [])
        first = int(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)).get("n", "0"))
        headers = {"Content_Type": "application/vnd.oci.image.index.v1+json"}
        if first + 1 < len(found):
            headers["Link"] = f'</v2/{self.repository}/referrers/{digest}?n={first + 1}>; rel="next"'
        body = json.dumps({"schemaVersion": 2, "mediaType": headers["Content_Type"],
                           "manifests": found[first:first + 1]})
        return self.answer(200, body.encode(), **headers)

    def endless(self, content_type):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for _ in range(4096):
            self.write(b" " * 65536)

    def tags(self, query):
        last = int(query.get("last", "0"))
        if self.fault == "tagselsewhere":
            link = '<http://127.0.0.2:1/v2/x/tags/list>; rel="next"'
        elif self.fault == "tagsendless" or last < 3:
            link = f'</v2/{self.repository}/tags/list?last={last + 1}>; rel="next"'
        else:
            link = ""
        body = json.dumps({"name": self.repository, "tags": [f"t{last}"]}).encode()
        self.answer(200, body, **({"Link": link} if link else {}))

    # --- blobs ---------------------------------------------------------------------------------

    def blob(self, digest, fault):
        file = self.state.blobs / digest[7:]
        if not digest.startswith("sha256:") or not file.exists():
            return self.error(404, "BLOB_UNKNOWN")
        size = file.stat().st_size
        if self.command == "HEAD":
            return self.answer(200, length=size)
        tries = self.state.count(f"{fault} {digest}")
        small = size < MIB
        if fault == "busy" and tries < 2:
            return self.error(429, "TOOMANYREQUESTS", Retry_After="1")
        if (fault == "broken" and tries < 2) or (fault == "down" and not small):
            return self.error(500, "UNKNOWN")
        if fault == "away":
            port = self.server.server_address[1]
            return self.answer(307, Location=f"http://127.0.0.2:{port}/elsewhere/{digest}")
        if fault == "metadatalink":
            return self.answer(307, Location="http://169.254.169.254/latest/meta-data")
        if fault == "inwardlink":
            return self.answer(307, Location=f"https://127.0.0.1:1/{digest}")
        if fault == "downgradelink":
            return self.answer(307, Location=f"http://{self.headers['Host']}/elsewhere/{digest}")
        if fault == "loop":
            return self.answer(307, Location=self.path)
        if fault == "filelink":
            return self.answer(307, Location="file:///etc/passwd")
        if fault == "endless" and not small:
            return self.endless("application/octet-stream")
        if fault in ("plain", "slow"):
            return self.send_range(Lazy(file), fault, tries, small)
        data = file.read_bytes()
        if fault == "wrong" and not small:
            data = data[:-1] + bytes([data[-1] ^ 1])
        if fault == "long" and not small:
            return self.answer(200, data + b"more")
        if fault == "short" and not small:
            return self.answer(200, data[:-5])
        return self.send_range(data, fault, tries, small)

    def send_range(self, data, fault, tries, small):
        start, end, status, headers = 0, len(data), 200, {"Accept_Ranges": "bytes"}
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and fault != "noranges":
            first, _, last = wanted[6:].partition("-")
            start, end, status = int(first), min(len(data), int(last or len(data)) + 1), 206
            if fault == "otherrange" and start > 0:
                start -= 1
            headers["Content_Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        body = data[start:end]
        if fault == "cut" and not small and len(body) > MIB:
            # Less than the header says, and then nothing more.
            self.answer(status, b"", length=len(body), **headers)
            self.write(body[:MIB])
            self.wfile.flush()
            raise Cut
        if fault == "drip" and not small:
            self.answer(status, b"", length=len(body), **headers)
            for byte in body:
                self.write(bytes([byte]))
                time.sleep(0.05)
        if fault == "slow" and not small:
            self.answer(status, b"", length=len(body), **headers)
            for piece in range(0, len(body), 65536):
                self.write(body[piece:piece + 65536])
                time.sleep(0.02)
            return None
        return self.answer(status, body, **headers)

    # --- uploads -------------------------------------------------------------------------------

    def upload(self, rest, query):
        if self.command == "POST":
            if "mount" in query:
                return self.answer(201, Location="/") if self.fault == "mounts" else self.begin()
            return self.begin()
        session = rest.split("/")[1]
        data = self.state.uploads.get(session)
        if data is None:
            return self.error(404, "BLOB_UPLOAD_UNKNOWN")
        location = {"Location": f"/v2/{self.repository}/blobs/uploads/{session}"}
        if self.command == "GET":
            return self.answer(204, Range=f"0-{max(0, len(data) - 1)}", **location)
        length = int(self.headers.get("Content-Length", "0"))
        if self.fault == "cutupload" and length > MIB and self.state.count("cutupload") < 2:
            data += self.read(MIB)
            raise Cut
        if self.fault == "brokenupload" and self.state.count("brokenupload") < 2:
            self.read(length)
            return self.error(503, "UNAVAILABLE")
        wanted = self.headers.get("Content-Range", "")
        if wanted and int(wanted.split("-")[0]) != len(data):
            self.read(length)
            return self.error(416, "RANGE_INVALID")
        piece = self.read(length)
        data += piece
        if len(piece) < length:
            raise Cut
        if self.command == "PATCH":
            return self.answer(202, Range=f"0-{len(data) - 1}", **location)
        if digest_of(bytes(data)) != query["digest"]:
            return self.error(400, "DIGEST_INVALID")
        file = self.state.blobs / query["digest"][7:]
        file.with_suffix(".new").write_bytes(data)
        file.with_suffix(".new").rename(file)
        return self.answer(201, Location=f"/v2/{self.repository}/blobs/{query['digest']}")

    def begin(self):
        session = str(self.state.count("sessions"))
        self.state.uploads[session] = bytearray()
        self.answer(202, Location=f"/v2/{self.repository}/blobs/uploads/{session}")


def serve(folder, arguments):
    options = dict(zip(arguments[::2], arguments[1::2])) if "--tls" not in arguments else {}
    tls = None
    if "--tls" in arguments:
        at = arguments.index("--tls")
        tls = arguments[at + 1:at + 3]
        rest = arguments[:at] + arguments[at + 3:]
        options = dict(zip(rest[::2], rest[1::2]))
    Handler.state = State(folder, options.get("--log"))
    address = options.get("--address", "127.0.0.1")
    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    port = server.server_address[1]
    servers = [server]
    if address == "127.0.0.1":
        # Another host on the same port, for what a redirect must not bring along.
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.2", port), Handler))
    for one in servers:
        one.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    if "--ready" in options:
        ready = pathlib.Path(options["--ready"])
        ready.with_suffix(".new").write_text(str(port))
        ready.with_suffix(".new").rename(ready)
    for one in servers[1:]:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    server.serve_forever()


def main():
    verb, folder, *rest = sys.argv[1:]
    if verb == "image":
        make_image(pathlib.Path(folder), [int(size) for size in rest])
    elif verb == "images":
        make_images(pathlib.Path(folder), int(rest[0]), int(rest[1]))
    elif verb == "serve":
        serve(pathlib.Path(folder), rest)
    else:
        sys.exit(__doc__)


main()
