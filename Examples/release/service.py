"""service.py SERVICE VERSION ADDRESS:PORT SOCKET: one instance of a service of the shop, with its agent on that socket.

`GET /` with the header X-User answers, as JSON, what that user gets here; `GET /health` answers 200. The checkout and the
cart say of themselves whether they wrap gifts. The shop asks its agent for that, too, and for the versions of the checkout
and of the cart that are this user's, and asks those for their part of the page.
"""
import http.client
import http.server
import json
import socket
import sys

service, version, place, agent_socket = sys.argv[1:]
BEHIND = {"shop": ["checkout", "cart"]}.get(service, [])


class AgentConnection(http.client.HTTPConnection):
    """HTTP on the agent's Unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(agent_socket)


class Instance(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out in one piece

    def setup(self):
        super().setup()
        self.agent = AgentConnection("agent")
        self.others = {}

    def finish(self):
        for connection in [self.agent, *self.others.values()]:
            connection.close()
        super().finish()

    def wraps_gifts(self, user):
        """What the flag says: OFREP, as any OpenFeature client speaks it."""
        question = {"context": {"targetingKey": user}}
        self.agent.request("POST", "/ofrep/v1/evaluate/flags/gift-wrapping", json.dumps(question))
        return json.load(self.agent.getresponse()).get("value", False)

    def upstream(self, component, user):
        """Where this user's version of a component is: what a load balancer asks."""
        self.agent.request("GET", f"/route/{component}?header=X-User", headers={"X-User": user})
        answer = self.agent.getresponse()
        answer.read()
        return answer.headers["Pilotlight-Upstream"]

    def part(self, component, user):
        """What this user's version of a component answers."""
        upstream = self.upstream(component, user)
        connection = self.others.setdefault(upstream, http.client.HTTPConnection(upstream, timeout=60))
        connection.request("GET", "/", headers={"X-User": user})
        return json.load(connection.getresponse())

    def do_GET(self):
        answer = {}
        if self.path != "/health":
            user = self.headers["X-User"]
            answer[service] = {"version": version, "wraps gifts": self.wraps_gifts(user)}
            for component in BEHIND:
                answer.update(self.part(component, user))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


address, port = place.split(":")
Server((address, int(port)), Instance).serve_forever()
