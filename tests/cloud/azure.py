"""Makes the container `logs` in azurite, with a file for each of two days: azure.py PORT."""

import base64
import hashlib
import hmac
import http.client
import sys
from email.utils import formatdate

ACCOUNT = "devstoreaccount1"
# The key that every azurite has.
KEY = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")


def put(path, query="", body=b"", headers=()):
    headers = dict(headers, **{"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"})
    named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join("\n" + part.replace("=", ":") for part in query.split("&") if part)
    signed = f"PUT\n\n\n{len(body) or ''}" + "\n" * 9 + named + resource
    digest = hmac.new(KEY, signed.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    connection.request("PUT", f"/{ACCOUNT}{path}" + (f"?{query}" if query else ""), body, headers)
    assert connection.getresponse().status == 201


put("/logs", "restype=container")
for day in (1, 2):
    row = f"user,time\nann,2020-01-0{day} 00:00:00\n"
    put(f"/logs/dt=2020-01-0{day}/a.csv", body=row.encode(), headers={"x-ms-blob-type": "BlockBlob"})
