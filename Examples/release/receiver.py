"""receiver.py ADDRESS:PORT SECRET-FILE: receives what the control node announces, and prints it, one line each.

The signature is checked as https://www.standardwebhooks.com says: an HMAC with SHA-256 over the message's id, its time and its
body. Of what isn't signed with the shared secret, or is older than five minutes, nothing is believed. A message that comes
a second time, since the answer to the first was lost, has the id of the first and isn't printed again.
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

place, secret_file = sys.argv[1:]
key = base64.b64decode(open(secret_file).read().strip().removeprefix("whsec_"))
received = set()


def is_signed(headers, body):
    identity, moment = headers["webhook-id"], headers["webhook-timestamp"]
    digest = hmac.new(key, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    is_recent = abs(time.time() - int(moment)) <= 300
    return is_recent and any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split())


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_signed(self.headers, body):
            self.send_error(401)
            return
        self.send_response(204)
        self.end_headers()
        if self.headers["webhook-id"] in received:
            return
        received.add(self.headers["webhook-id"])
        event = json.loads(body)
        print(f"{event['type']}: {event['title']}", flush=True)
        print(f"  by {event['actor']}: {event['message']}", flush=True)
        if event["type"] == "release.launched":
            for audience in ["users", "support", "staff"]:
                if audience in event["announcement"]:
                    print(f"  for {audience}: {event['announcement'][audience]}", flush=True)

    def log_message(self, *_):
        pass


address, port = place.split(":")
http.server.HTTPServer((address, int(port)), Receiver).serve_forever()
