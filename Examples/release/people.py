"""people.py ADDRESS:PORT [--keep FILE | --compare FILE]: everybody opens the shop's page; prints who got what.

That is the staff, the pilot customers, and 1,000 others. Of the release somebody has all parts (the shop, the checkout and
the cart wrap gifts, the latter two in their new versions), none of them, or a mix, which is an error.
--keep writes the answers down, --compare says of how many people they are as they were.
"""
import argparse
import concurrent.futures
import http.client
import json
import sys
import threading

arguments = argparse.ArgumentParser()
arguments.add_argument("shop")
arguments.add_argument("--keep")
arguments.add_argument("--compare")
arguments = arguments.parse_args()

NEW = {"checkout": "1.5.0", "cart": "3.1.0"}
groups = {
    "staff": open("staff.txt").read().split(),
    "pilot customers": open("pilot-customers.txt").read().split(),
    "others": [f"user-{number}" for number in range(1, 1001)],
}
connections = threading.local()


def page(user):
    if not hasattr(connections, "shop"):
        connections.shop = http.client.HTTPConnection(arguments.shop, timeout=120)
    connections.shop.request("GET", "/", headers={"X-User": user})
    answer = connections.shop.getresponse()
    if answer.status != 200:
        sys.exit(f"{user}: HTTP {answer.status}")
    return json.load(answer)


def parts(page):
    """Which parts of the release are in a page."""
    found = {name for name, part in page.items() if part["wraps gifts"]}
    return found | {name + "'s version" for name, version in NEW.items() if page[name]["version"] == version}


pages = {}
mixed = 0
print(f"{'':16}{'':>6}  {'shop':>6}{'checkout 1.5.0':>16}{'cart 3.1.0':>12}  {'all of it':>10}{'none':>6}{'a mix':>7}")
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for group, users in groups.items():
        answers = list(pool.map(page, users))
        pages.update(zip(users, answers))
        have = [parts(answer) for answer in answers]
        every = sum(len(found) == 5 for found in have)
        none = sum(not found for found in have)
        shop, checkout, cart = (
            sum(name in found for found in have) for name in ["shop", "checkout's version", "cart's version"])
        mixed += len(users) - every - none
        print(
            f"{group:16}{len(users):>6}  {shop:>6}{checkout:>16}{cart:>12}"
            f"  {every:>10}{none:>6}{len(users) - every - none:>7}")

for page in pages.values():
    del page["shop"]["version"]  # who is asked doesn't matter, but what they answer
if arguments.keep:
    json.dump(pages, open(arguments.keep, "w"))
if arguments.compare:
    before = json.load(open(arguments.compare))
    same = sum(page == before[user] for user, page in pages.items())
    print(f"{same} of {len(pages)} people get what they got then")
    if same < len(pages):
        sys.exit(1)
sys.exit(1 if mixed else 0)
