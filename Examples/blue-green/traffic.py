"""traffic.py ADDRESS:PORT: 300 users and 100 visitors nobody knows, each with its own cookies, visit the shop over and over.

Prints a line each time that all of them have been there; ended by SIGTERM, what went wrong.
"""
import http.client
import signal
import sys

address = sys.argv[1]
people = [{"name": f"user-{number}", "cookies": {}, "side": None} for number in range(1, 301)]
people += [{"name": None, "cookies": {}, "side": None} for _ in range(100)]
failed = returned = 0


def visit(connection, person):
    """Visits as one of them, and returns the side that answered."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in person["cookies"].items())}
    if person["name"]:
        headers["X-User"] = person["name"]
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    if answer.status != 200:
        raise http.client.HTTPException(f"{answer.status} {body}")
    for cookie in answer.headers.get_all("Set-Cookie", []):
        name, value = cookie.split(";")[0].split("=", 1)
        person["cookies"][name] = value
    return body.split(",")[0]


def end(*_):
    print(f"{len(people)} people: {failed} failed requests, {returned} went back to blue", flush=True)
    sys.exit(0 if failed + returned == 0 else 1)


signal.signal(signal.SIGTERM, end)
connection = http.client.HTTPConnection(address, timeout=120)
while True:
    for person in people:
        try:
            side = visit(connection, person)
        except (OSError, http.client.HTTPException) as problem:
            print(f"{person['name']}: {problem!r}", file=sys.stderr)
            connection.close()
            failed += 1
            continue
        returned += person["side"] == "green" and side == "blue"
        person["side"] = side
    print("all have been there", flush=True)
