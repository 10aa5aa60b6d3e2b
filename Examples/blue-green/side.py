"""side.py ADDRESS:PORT NAME: one side of the shop. Answers with its name, and with what the load balancer told it."""
import http.server
import sys

(address, port), name = sys.argv[1].split(":"), sys.argv[2]


class Side(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out in one piece

    def do_GET(self):
        version = self.headers.get("Pilotlight-Version", "none")
        body = f"{name}, told version {version}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Shop-User", self.headers.get("Pilotlight-Targeting-Key", ""))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


Server((address, int(port)), Side).serve_forever()
