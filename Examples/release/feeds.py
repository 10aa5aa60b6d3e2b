"""feeds.py URL: reads the changelog of an environment, whose URL that is, and checks what its feeds must be.

Atom by the MUSTs of RFC 4287 that a reader can check, JSON Feed by those of version 1.1. Prints what stands in them.
"""
import json
import re
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
environment = sys.argv[1]
checked = 0


def must(condition, what):
    global checked
    checked += 1
    if not condition:
        sys.exit(f"{what}")


def fetch(form, audience, media_type):
    with urllib.request.urlopen(f"{environment}/{form}?audience={audience}", timeout=60) as answer:
        given = answer.headers.get_content_type()
        must(given == media_type, f"{form} is {given}")
        return answer.read()


def is_iri(text):
    parts = urllib.parse.urlsplit(text or "")
    return bool(parts.scheme) and bool(parts.netloc or parts.path) and text == text.strip() and " " not in text


def one(element, name):
    found = element.findall(ATOM + name)
    must(len(found) == 1, f"<{element.tag}> has {len(found)} {name}, not one")
    return found[0]


def check_common(element):
    """What a feed and an entry must both have: section 4.2."""
    must(is_iri(one(element, "id").text), "an id is an absolute IRI")
    must((one(element, "title").text or "").strip(), "a title says something")
    for name in ["updated", "published"]:
        for date in [one(element, name)] if name == "updated" else element.findall(ATOM + name):
            must(DATE.fullmatch(date.text or ""), f"{name} is an RFC 3339 date: {date.text}")
    must(len(element.findall(ATOM + "published")) <= 1, "published stands once at most")
    for name in ["title", "summary", "content", "subtitle", "rights"]:
        for text in element.findall(ATOM + name):
            must(text.get("type", "text") in ["text", "html", "xhtml"], f"{name} has a type that is known")
            must(text.get("type") == "xhtml" or not len(text), f"{name} has no elements in it")
    for person in element.findall(ATOM + "author") + element.findall(ATOM + "contributor"):
        must((one(person, "name").text or "").strip(), "a person has a name")
    for category in element.findall(ATOM + "category"):
        must(category.get("term"), "a category has a term")
    alternates = [
        (link.get("type"), link.get("hreflang"))
        for link in element.findall(ATOM + "link") if link.get("rel", "alternate") == "alternate"
    ]
    must(len(alternates) == len(set(alternates)), "one alternate of each type and language")
    for link in element.findall(ATOM + "link"):
        must(is_iri(link.get("href")), "a link leads somewhere")
    return alternates


def check_atom(document):
    feed = ElementTree.fromstring(document)  # refuses what isn't well-formed
    must(feed.tag == ATOM + "feed", "the document is a feed")
    check_common(feed)
    entries = feed.findall(ATOM + "entry")
    authors = feed.findall(ATOM + "author")
    must(authors or all(entry.findall(ATOM + "author") for entry in entries), "everything has an author")
    must([link for link in feed.findall(ATOM + "link") if link.get("rel") == "self"], "the feed links to itself")
    for name in ["generator", "icon", "logo", "subtitle", "rights"]:
        must(len(feed.findall(ATOM + name)) <= 1, f"{name} stands once at most")
    for entry in entries:
        alternates = check_common(entry)
        contents = entry.findall(ATOM + "content")
        must(len(contents) <= 1 and len(entry.findall(ATOM + "summary")) <= 1, "one content and one summary at most")
        must(contents or alternates, "an entry has content, or an alternate")
        must(not any(content.get("src") for content in contents), "the content stands in the feed")
    identities = [entry.find(ATOM + "id").text for entry in entries]
    must(len(identities) == len(set(identities)), "each entry has an id of its own")
    updated = [entry.find(ATOM + "updated").text for entry in entries]
    must(updated == sorted(updated, reverse=True), "the newest comes first")
    must(not updated or feed.find(ATOM + "updated").text == updated[0], "the feed is as new as its newest entry")
    return [(entry.find(ATOM + "id").text, entry.find(ATOM + "title").text) for entry in entries]


def check_json(document):
    feed = json.loads(document)
    must(feed.get("version") == "https://jsonfeed.org/version/1.1", "the version is 1.1")
    must(isinstance(feed.get("title"), str) and feed["title"], "the feed has a title")
    must(is_iri(feed.get("feed_url")), "feed_url is a URL")
    must(isinstance(feed.get("items"), list), "items are a list")
    for author in feed.get("authors", []):
        must(author.get("name") or author.get("url") or author.get("avatar"), "an author isn't empty")
    for item in feed["items"]:
        must(isinstance(item.get("id"), str) and item["id"], "an item has an id, which is text")
        must(isinstance(item.get("content_text", item.get("content_html")), str), "an item has content")
        must(DATE.fullmatch(item.get("date_published", "")), "date_published is an RFC 3339 date")
        must(all(isinstance(tag, str) for tag in item.get("tags", [])), "tags are text")
    identities = [item["id"] for item in feed["items"]]
    must(len(identities) == len(set(identities)), "each item has an id of its own")
    return [(item["id"], item["title"]) for item in feed["items"]]


for audience in ["users", "support"]:
    entries = check_atom(fetch("feed.atom", audience, "application/atom+xml"))
    items = check_json(fetch("feed.json", audience, "application/feed+json"))
    must(entries == items, "both feeds say the same")
    print(f"for {audience}: " + ("; ".join(title for _, title in entries) or "nothing yet"))
print("both feeds are as their standards want them")
