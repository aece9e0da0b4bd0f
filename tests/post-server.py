"""
post-server.py FILE - serve one HTTP POST, whose body is saved in FILE.

Prints the port, on 127.0.0.1, when it listens.
"""
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers["Content-Length"])
        with open(sys.argv[1], "wb") as file:
            file.write(self.rfile.read(size))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.handle_request()
