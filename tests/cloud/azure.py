"""The container `logs` in azurite: `azure.py PORT` makes it, with a file for each of two days; `azure.py PORT contents` prints what it has, in base64."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import sys
from email.utils import formatdate

ACCOUNT = "devstoreaccount1"
# The key that every azurite has.
KEY = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")


def ask(method, path, query="", body=b"", headers=()):
    headers = dict(headers, **{"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"})
    named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join("\n" + part.replace("=", ":") for part in sorted(query.split("&")) if part)
    signed = f"{method}\n\n\n{len(body) or ''}" + "\n" * 9 + named + resource
    digest = hmac.new(KEY, signed.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    connection.request(method, f"/{ACCOUNT}{path}" + (f"?{query}" if query else ""), body or None, headers)
    answer = connection.getresponse()
    assert answer.status in (200, 201), answer.status
    return answer.read()


if sys.argv[2:] == ["contents"]:
    names = re.findall(r"<Name>([^<]*)</Name>", ask("GET", "/logs", "restype=container&comp=list").decode())
    print(json.dumps({name: base64.b64encode(ask("GET", f"/logs/{name}")).decode() for name in names}))
else:
    ask("PUT", "/logs", "restype=container")
    for day in (1, 2):
        row = f"user,time\nann,2020-01-0{day} 00:00:00\n"
        ask("PUT", f"/logs/dt=2020-01-0{day}/a.csv", body=row.encode(), headers={"x-ms-blob-type": "BlockBlob"})
